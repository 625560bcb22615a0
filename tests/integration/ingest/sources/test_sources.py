"""Shops, sources and keys: who may send what, and what everybody is told of it."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from builders.bodies import order_body
from harness.ingest_service import SETTINGS, SHOP
from harness.locking import until_waiting
from harness.waiting import eventually
from ingest.desk.sources import make
from ingest.sources import missing_topics
from ingest.sources.keys import CACHED_SECONDS, KeyRing
from mandegar.clock import monotonic_seconds
from mandegar.database import transaction
from mandegar.events.identity import guest_id

CONTRACT = {
    **order_body(),
    "type": "subscription.started",
    "data": {"subscription_id": "s-1", "amount": "990000", "months": 1, "currency": "IRR"},
}
# Staff can give credit to whoever has an event.
SIGN_UP = {**order_body(), "type": "customer.signed_up", "data": {}}


async def test_a_shop_is_published_into_every_partition_when_it_changes(ingest):
    renamed = {**SETTINGS, "name": "Atlas & Co"}
    first = await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=renamed)
    told = await ingest.outbox()
    again = await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=renamed)

    defaults = {"origins": [], "sender_verified": False, "keep_books": False, "customer_ids": "pseudonyms"}
    defaults |= {"points_from": None, "sms_sender": ""}
    assert first.json() == again.json() == {"shop": SHOP, "version": 2, **defaults, **renamed}
    assert sorted(partition for partition, _ in told) == list(range(12))
    assert {(event.type, event.data.version, event.customer_id) for _, event in told} == {("shop.updated", 2, None)}
    assert len({event.id for _, event in told}) == 12
    assert await ingest.outbox() == []


async def test_when_points_begin_stays_until_it_is_changed_or_taken_away(ingest):
    path, begin = f"/v1/shops/{SHOP}", "2026-11-01T00:00:00+03:30"
    answers = [
        (await ingest.ask("PUT", path, json={**SETTINGS, **change})).json()
        for change in ({"points_from": begin}, {}, {"name": "Atlas & Co"}, {"points_from": None}, {})
    ]
    told = {event.data.version: event.data.points_from for _, event in await ingest.outbox()}

    assert [answer["points_from"] for answer in answers] == ["2026-10-31T20:30:00Z"] * 3 + [None] * 2
    assert [answer["version"] for answer in answers] == [2, 2, 3, 4, 4]
    assert [told[version] for version in (2, 3, 4)] == [datetime(2026, 10, 31, 20, 30, tzinfo=UTC)] * 2 + [None]
    for wrong in ("2026-11-01", "2026-11-01T00:00:00", "1969-01-01T00:00:00Z", "soon", 7):
        assert (await ingest.ask("PUT", path, json={**SETTINGS, "points_from": wrong})).status_code == 422


async def test_only_the_operator_makes_shops_and_only_sensible_ones(ingest):
    path = f"/v1/shops/{SHOP}"
    assert (await ingest.ask("PUT", path, scope="sources:write", json=SETTINGS)).status_code == 403
    assert (await ingest.ask("PUT", "/v1/shops/other", json=SETTINGS)).status_code == 403
    for wrong in ({"zone": "Mars"}, {"currency": "toman"}, {"phone_region": "XX"}, {"surprise": 1}):
        assert (await ingest.ask("PUT", path, json={**SETTINGS, **wrong})).status_code == 422


@pytest.mark.parametrize("body", [order_body(), CONTRACT, SIGN_UP])
async def test_the_currency_of_a_shop_with_events_is_fixed(ingest, body):
    euro = {**SETTINGS, "currency": "EUR"}
    assert (await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=euro)).status_code == 200
    assert (await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=SETTINGS)).status_code == 200
    await ingest.send(body)

    assert (await ingest.ask("PUT", f"/v1/shops/{SHOP}", json=euro)).json()["code"] == "currency_fixed"


async def test_a_source_comes_with_a_key_that_is_never_shown_again(ingest):
    source = await ingest.make_source(name="second")
    listed = (await ingest.ask("GET", "/v1/sources")).json()["sources"]

    assert {item["source_id"] for item in listed} == {ingest.source_id, source["source_id"]}
    assert [item["keys"] for item in listed if item["source_id"] == source["source_id"]] == [[source["prefix"]]]
    assert source["key"] not in str(listed)


async def test_one_live_source_is_the_record_of_orders(ingest):
    taken = await ingest.ask("POST", "/v1/sources", json={"name": "x", "record_of_orders": True})
    backfill = await ingest.make_source(historical=True)

    assert (taken.status_code, taken.json()["code"]) == (409, "record_taken")
    assert backfill["record_of_orders"]


async def test_two_keys_may_live_at_once_and_a_revoked_one_dies(ingest):
    path = f"/v1/sources/{ingest.source_id}/keys"
    second = (await ingest.ask("POST", path)).json()
    assert (await ingest.ask("POST", path)).json()["code"] == "too_many_keys"
    assert await ingest.results(order_body(), key=second["key"]) == [("accepted", None)]
    assert await ingest.results(order_body()) == [("duplicate", None)]

    assert (await ingest.ask("DELETE", f"{path}/{second['prefix']}")).status_code == 204
    assert (await ingest.ask("DELETE", f"{path}/nothing")).status_code == 404
    ingest.context.keys._cache.expire(monotonic_seconds() + CACHED_SECONDS)
    assert (await ingest.send(order_body(), key=second["key"])).status_code == 401
    assert (await ingest.send(order_body())).status_code == 202
    assert (await ingest.ask("POST", path)).status_code == 201


async def test_a_browser_source_sends_interactions_only(ingest):
    browser = await ingest.make_source(trust="browser")
    view = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b"}, "data": {"product_id": "p"}}

    assert await ingest.results([view, order_body()], key=browser["key"]) == [
        ("accepted", None),
        ("rejected", "not_allowed"),
    ]
    wrong = {"name": "x", "trust": "browser", "record_of_orders": True}
    assert (await ingest.ask("POST", "/v1/sources", json=wrong)).status_code == 422


async def test_nothing_unusable_from_a_browser_is_stored(ingest):
    """Whatever makes it unusable: its form, what was accepted before it, or the database."""
    browser = await ingest.make_source(trust="browser")
    view = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b"}, "data": {"product_id": "p"}}
    owner = await asyncpg.connect(ingest.database.owner_url)
    await owner.execute("ALTER TABLE events ADD CHECK (native_id <> 'cursed')")
    await owner.close()
    sent = [
        view,
        {**view, "data": {"product_id": "other"}},
        {**view, "id": "cursed"},
        {**view, "id": "u", "type": "no.such.type"},
        {**view, "id": "n", "customer": {"id": "null"}},
        {**view, "id": "t", "time": "tomorrow"},
        {**view, "id": None},
        "text",
    ]

    statuses = [status for status, _ in await ingest.results(sent, key=browser["key"])]
    assert statuses == ["accepted", *["rejected"] * 7]
    assert await ingest.database.worker.fetchval("SELECT count(*) FROM quarantine") == 0


async def test_closing_a_historical_source_tells_every_partition_behind_its_events(ingest):
    backfill = await ingest.make_source(historical=True)
    await ingest.send(order_body(), key=backfill["key"])
    path = f"/v1/sources/{backfill['source_id']}/close"
    closed, again = await ingest.ask("POST", path), await ingest.ask("POST", path)
    told = await ingest.outbox()

    assert closed.status_code == 200
    assert closed.json() == again.json()
    assert told[0][1].backfill
    assert [(partition, event.type, event.data.partition) for partition, event in told[1:]] == [
        (number, "source.closed", number) for number in range(12)
    ]
    # The door still believes the source to be open: the hallway knows better.
    assert await ingest.results(order_body(id="late"), key=backfill["key"]) == [("rejected", "source_closed")]
    # What was accepted stays accepted: a client that never saw its answer may ask again.
    assert await ingest.results(order_body(), key=backfill["key"]) == [("duplicate", None)]
    assert (await ingest.ask("POST", "/v1/sources/unknown/close")).status_code == 404


async def test_toman_wait_in_quarantine_until_the_source_has_its_unit(ingest):
    toman = order_body({"currency": "IRT", "total": "5"})
    assert await ingest.results(toman) == [("quarantined", "wrong_currency")]
    (kept,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    await ingest.ask("PATCH", f"/v1/sources/{ingest.source_id}", json={"unit": "IRT"})
    released = await ingest.ask("POST", f"/v1/quarantine/{kept['id']}/release")

    assert released.json()["status"] == "accepted"
    (event,) = await ingest.news()
    assert (event.data.total, event.data.currency) == (50, "IRR")


async def test_a_topic_that_kafka_does_not_make_is_made_later(ingest, monkeypatch):
    """The source is there with its key, and says what it lacks."""
    source = await ingest.make_source(kafka=True)
    assert (source["kafka"], source["topic_ready"]) == (True, False)
    assert (await ingest.send(order_body(), key=source["key"])).status_code == 202

    made: list[str] = []

    async def create(_settings: object, source_id: str) -> None:
        made.append(source_id)

    monkeypatch.setattr(missing_topics, "create_raw_topic", create)
    task = asyncio.create_task(missing_topics.create_missing_topics(ingest.context))
    path = "SELECT topic_ready FROM sources WHERE id = $1"
    await eventually(lambda: ingest.database.worker.fetchval(path, source["source_id"]), bool)
    task.cancel()
    assert made == [source["source_id"]]


async def test_what_is_refused_leaves_no_topic(ingest, monkeypatch):
    made: list[str] = []

    async def create(_settings: object, source_id: str) -> None:
        made.append(source_id)

    monkeypatch.setattr(missing_topics, "create_raw_topic", create)
    for _ in range(3):
        taken = {"name": "x", "kafka": True, "record_of_orders": True}
        assert (await ingest.ask("POST", "/v1/sources", json=taken)).status_code == 409
    assert made == []
    source = await ingest.make_source(kafka=True)
    assert (made, source["topic_ready"]) == ([source["source_id"]], True)


async def test_a_shop_has_a_bounded_number_of_sources_and_topics(ingest, monkeypatch):
    monkeypatch.setattr(make, "WITH_TOPIC_MAX", 1)
    monkeypatch.setattr(make, "OPEN_MAX", 4)
    monkeypatch.setattr(make, "EVER_MAX", 5)
    await ingest.make_source(kafka=True)
    topic = await ingest.ask("POST", "/v1/sources", json={"name": "x", "kafka": True})
    assert (topic.status_code, topic.json()["code"]) == (409, "too_many_sources")

    answers = await asyncio.gather(*(ingest.ask("POST", "/v1/sources", json={"name": "x"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
    last = next(answer.json()["source_id"] for answer in answers if answer.status_code == 201)
    await ingest.ask("POST", f"/v1/sources/{last}/close")
    assert (await ingest.ask("POST", "/v1/sources", json={"name": "x"})).status_code == 201
    assert (await ingest.ask("POST", "/v1/sources", json={"name": "x"})).status_code == 409


@pytest.mark.parametrize("source", ["%00", "a%00b", "SRC-1", "x" * 65])
async def test_a_source_id_that_cannot_be_one_is_refused(ingest, source):
    for method, path in [("POST", "close"), ("POST", "keys"), ("DELETE", "keys/abc"), ("DELETE", "keys/%00")]:
        answer = await ingest.ask(method, f"/v1/sources/{source}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ingest.ask("DELETE", f"/v1/sources/{ingest.source_id}/keys/%00")).status_code == 422


async def test_requests_that_need_a_key_at_the_same_time_look_it_up_once(ingest):
    keys, now = KeyRing(ingest.database.worker), ingest.clock.now()
    async with transaction(ingest.database.worker) as blocking:
        await blocking.execute("LOCK TABLE source_keys IN ACCESS EXCLUSIVE MODE")
        requests = [asyncio.create_task(keys.source(ingest.key, now)) for _ in range(20)]
        await until_waiting(ingest.database.worker, 1)
        requests[0].cancel()
        await asyncio.sleep(0.1)  # the others would be there by now
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        assert await ingest.database.worker.fetchval(waiting) == 1
    found = await asyncio.gather(*requests[1:])
    assert {source.id for source in found} == {ingest.source_id}


async def test_how_ids_are_published_is_fixed_once_there_are_events_and_stays_if_it_is_left_out(ingest):
    async def put(**changes):
        answer = await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, **changes})
        return answer.status_code, answer.json().get("customer_ids") or answer.json()["code"]

    assert await put(customer_ids="hash_all") == (200, "hash_all")
    assert await put(name="Another") == (200, "hash_all")
    await ingest.send(order_body(customer={"id": "Sara Moradi"}))
    assert await put(customer_ids="pseudonyms") == (409, "customer_ids_fixed")
    assert await put(customer_ids="as_sent") == (409, "customer_ids_fixed")
    assert await put(customer_ids="hash_all") == (200, "hash_all")
    assert await put(name="A third") == (200, "hash_all")
    assert (await put(customer_ids="clear"))[0] == 422


async def test_a_shop_from_before_goes_on_publishing_ids_as_it_sends_them(ingest):
    await from_before(ingest)
    await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "name": "Renamed"})
    await ingest.send(
        [
            order_body(customer={"id": "Sara Moradi"}),
            order_body({"order_id": "o-2"}, id="2", customer={"id": "09121234567"}),
        ]
    )

    ids = {event.customer_id for event in await ingest.news() if event.type == "order.paid"}
    assert ids == {"Sara Moradi", guest_id("+989121234567", shop=SHOP, key=ingest.context.identity_key)}
    assert (await ingest.ask("GET", "/v1/customers/Sara Moradi/events")).json()["customer_id"] == "Sara Moradi"


@pytest.mark.parametrize(
    "attributes",
    [
        {"a b": "word"},
        {"level": "text"},
        {"level": []},
        {"level": [" "]},
        {"level": 3},
        {"": "word"},
        {"x" * 65: "word"},
    ],
)
async def test_attributes_are_declared_with_a_name_and_a_type(ingest, attributes):
    answer = await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "attributes": attributes})
    assert answer.status_code == 422, answer.text


async def test_a_declared_attribute_is_published_and_another_named_in_the_answer(ingest):
    declared = {"level": ["gold", "silver"], "children": "number"}
    await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "attributes": declared})
    said = {"level": "gold", "children": 2, "mobile": "09121234567"}
    (result,) = (await ingest.send(order_body(customer={"id": "c-1", "attributes": said}))).json()["results"]

    assert (result["status"], result["code"]) == ("accepted", "data_ignored")
    assert result["detail"].endswith("attributes mobile")
    (snapshot,) = [event for event in await ingest.news() if event.type == "customer.updated"]
    assert snapshot.data.attributes == {"level": "gold", "children": "2"}


async def test_what_is_declared_holds_for_the_profiles_of_one_person_too(ingest):
    """What a guest's profile has from a release before, the customer does not publish who they turn out to be."""
    await ingest.send(order_body(customer={"email": "sara@example.com", "attributes": {"vip": "yes"}}))
    async with transaction(ingest.database.worker) as connection:
        stale = {"attribute:city": ["with Sara in Rey", 0, "e"]}
        await connection.execute("UPDATE customers SET profile = profile || $1::jsonb", stale)
    await ingest.news()
    await ingest.send(order_body(id="2", customer={"id": "c-1", "email": "sara@example.com"}))

    snapshots = [event for event in await ingest.news() if event.type == "customer.updated"]
    assert [(each.customer_id, each.data.attributes) for each in snapshots] == [("c-1", {"vip": "yes"})]


async def from_before(ingest):
    """The shop is as the migration leaves those that were there before the setting."""
    async with transaction(ingest.database.worker) as connection:
        await connection.execute("UPDATE shops SET customer_ids = DEFAULT, attributes = DEFAULT")
