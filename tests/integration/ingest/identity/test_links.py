"""Events say who is who: of browsers, of guests whose address is known, and in so many words."""

from collections import Counter
from datetime import timedelta

import pytest

from builders.people import MAIL, guest, identified, paid, viewed
from harness.ingest_service import SETTINGS, SHOP, Ingest
from harness.worth import roots_of, worth
from ingest.domain.visitor_proof import visitor_proof
from mandegar.events import Event
from mandegar.events.identity import hashed_id


def receivers(news: list[Event]) -> list[str | None]:
    """For whom views were published, by their time."""
    views = [event for event in news if event.type == "product.viewed"]
    return [event.customer_id for event in sorted(views, key=lambda event: event.time)]


async def test_a_browser_and_the_customer_who_used_it_are_one(ingest):
    await ingest.send(viewed("1", {"anonymous_id": "b-7"}))
    answer = await ingest.results(viewed("2", {"id": "c-1", "anonymous_id": "b-7"}, 1))
    later = await ingest.results(viewed("3", {"anonymous_id": "b-7"}, 2))

    news = await ingest.news()
    merges = [event for event in news if event.type == "customer.merged"]
    assert [(event.customer_id, event.data.alias, event.data.root, event.data.version) for event in merges] == [
        ("a_b-7", "a_b-7", "c-1", 1),
        ("c-1", "a_b-7", "c-1", 1),
    ]
    assert len({event.id for event in merges}) == 2
    assert receivers(news) == ["a_b-7", "c-1", "c-1"]
    assert (answer, later) == ([("accepted", None)], [("accepted", "merged_customer")])


async def test_a_browsers_past_is_the_first_customers_and_its_acts_are_whoever_used_it_then(ingest):
    """Acts before, between and behind, in one request, or late and in any order."""
    acts = [
        viewed("1", {"anonymous_id": "b-7"}, 1),
        viewed("2", {"anonymous_id": "b-7", "id": "c-1"}, 2),
        viewed("3", {"anonymous_id": "b-7"}, 3),
        viewed("4", {"anonymous_id": "b-7", "id": "c-2"}, 4),
        viewed("5", {"anonymous_id": "b-7"}, 5),
        viewed("6", {"anonymous_id": "b-7", "id": "c-1"}, 6),
        viewed("7", {"anonymous_id": "b-7"}, 7),
    ]
    await ingest.send(acts)
    news = await ingest.news()
    assert roots_of(news) == {"a_b-7": "c-1"}
    assert receivers(news) == ["c-1", "c-1", "c-1", "c-2", "c-2", "c-1", "c-1"]

    for number, act in enumerate(acts):
        act["id"], act["customer"] = f"again-{number}", {**act["customer"], "anonymous_id": "b-8"}
    for act in (acts[1], acts[3], acts[5], acts[4], acts[0], acts[6], acts[2]):
        await ingest.send(act)
    assert receivers(await ingest.news()) == ["c-1", "c-1", "c-1", "c-2", "c-2", "c-1", "c-1"]


async def test_an_order_of_a_browser_that_another_customer_uses_now_is_theirs(ingest):
    await ingest.send([viewed("1", {"anonymous_id": "b-7", "id": "c-1"}, 1)])
    await ingest.send([viewed("2", {"anonymous_id": "b-7", "id": "c-2"}, 2), paid("o", {"anonymous_id": "b-7"}, 3)])
    refund = {"refund_id": "r", "order_id": "o", "currency": "IRR", "amount": 30}
    await ingest.send({**viewed("r", {"anonymous_id": "b-7"}, 1), "type": "refund.issued", "data": refund})

    assert worth(await ingest.news()) == {"o": {"c-2": 70}}


async def test_only_who_is_identified_is_asked_about(ingest):
    """Ids that are equal, look like others, or cannot be one, identify nobody and keep no event back."""
    odd = ["c-1", "g_" + "0" * 32, "a_c-1", MAIL, "۰۹۱۲۱۲۳۴۵۶۷", "null", "", " ", "x" * 198, "x" * 200, "a\nb"]
    events = [viewed(str(place), {"id": "c-1", "anonymous_id": id_}) for place, id_ in enumerate(odd)]
    assert set(await ingest.results(events)) == {("accepted", None)}

    too_long_for_an_id = hashed_id("x" * 198, shop=SHOP, key=ingest.context.identity_key)
    aliases = {"a_c-1", "a_a_c-1", f"a_{too_long_for_an_id}"}
    assert roots_of(await ingest.news()) == dict.fromkeys(aliases, "c-1")


async def test_a_page_says_whose_browser_it_is_only_with_the_shops_proof(ingest):
    source = await ingest.make_source(trust="browser", record_of_orders=False)
    path = f"/v1/sources/{source['source_id']}/visitor-secrets"
    secret = (await ingest.ask("POST", path)).json()["visitor_secret"]
    proof = visitor_proof("c-1", secret)
    key = source["key"]

    await ingest.send(viewed("1", {"anonymous_id": "b-7"}), key=key)
    unproven = await ingest.results(identified("2", {"anonymous_id": "b-7"}, anonymous_id="b-8"), key=key)
    address = await ingest.results(identified("3", {"id": "c-1", "proof": proof}, email="victim@example.com"), key=key)
    guests = await ingest.results(
        identified("4", {"id": "c-1", "proof": proof}, anonymous_id="victim@example.com"), key=key
    )
    assert (unproven, address) == ([("rejected", "not_allowed")], [("rejected", "not_allowed")])
    assert guests == [("rejected", "invalid_data")]
    assert roots_of(await ingest.news()) == {}

    await ingest.send(viewed("5", {"id": "c-1", "anonymous_id": "b-7", "proof": proof}), key=key)
    assert roots_of(await ingest.news()) == {"a_b-7": "c-1"}


async def test_without_the_demand_for_proof_a_page_still_identifies_nobody(ingest):
    source = await ingest.make_source(trust="browser", record_of_orders=False, visitor_proof="off")
    event = viewed("1", {"id": "c-1", "anonymous_id": "b-7"})
    assert await ingest.results(event, key=source["key"]) == [("accepted", None)]
    assert roots_of(await ingest.news()) == {}


@pytest.mark.parametrize("guest_first", [True, False])
async def test_a_guest_is_the_one_account_that_has_the_address(ingest, guest_first):
    events = [paid("o", {"email": " SARA@example.com "}), viewed("1", {"id": "c-1", "email": MAIL}, 1)]
    for event in events if guest_first else reversed(events):
        await ingest.send(event)

    news = await ingest.news()
    assert roots_of(news) == {guest(ingest.context.identity_key): "c-1"}
    assert worth(news) == {"o": {"c-1": 100}}


async def test_a_phone_in_persian_digits_is_the_same_guest(ingest):
    await ingest.send(paid("o", {"phone": "۰۹۱۲ ۱۲۳ ۴۵۶۷"}))
    await ingest.send(viewed("1", {"id": "c-1", "phone": "+98 912 123 4567"}, 1))

    assert worth(await ingest.news()) == {"o": {"c-1": 100}}


async def test_an_address_of_nobody_who_acted_is_published_of_nobody(ingest):
    await ingest.send(
        [viewed(str(number), {"id": f"c-{number}", "email": f"{number}@x.example"}) for number in range(9)]
    )

    assert Counter(event.type for event in await ingest.news())["customer.merged"] == 0
    count = "SELECT count(*) FROM customers WHERE customer_id LIKE 'g\\_%'"
    assert await ingest.database.worker.fetchval(count) == 0


@pytest.mark.parametrize("guest_first", [True, False])
async def test_an_address_that_several_customers_have_merges_nowhere_and_the_answers_say_so(ingest, guest_first):
    accounts = [viewed(str(number), {"id": f"c-{number}", "email": MAIL}) for number in (1, 2)]
    if not guest_first:
        assert await ingest.results(accounts[0]) == [("accepted", None)]
        assert await ingest.results(accounts[1]) == [("accepted", None)]
        assert await ingest.results(paid("o", {"email": MAIL})) == [("accepted", "address_shared")]
    else:
        assert await ingest.results(paid("o", {"email": MAIL})) == [("accepted", None)]
        assert await ingest.results(accounts) == [("accepted", "address_shared")] * 2

    news = await ingest.news()
    assert roots_of(news) == {}
    assert worth(news) == {"o": {guest(ingest.context.identity_key): 100}}


async def test_a_browser_source_makes_no_address_known(ingest):
    await ingest.send(paid("o", {"email": MAIL}))
    source = await ingest.make_source(trust="browser", record_of_orders=False, visitor_proof="off")
    assert await ingest.results(viewed("1", {"id": "c-1", "email": MAIL}), key=source["key"]) == [
        ("rejected", "not_allowed")
    ]
    assert roots_of(await ingest.news()) == {}


async def test_customer_identified_names_browsers_and_guests_also_of_guests(ingest):
    await ingest.send([viewed("1", {"anonymous_id": "b-7"}), paid("o", {"email": MAIL})])
    first = await ingest.results(identified("2", {"email": MAIL}, anonymous_id="b-7"))
    await ingest.send([identified("3", {"id": "c-1"}, 1, email=MAIL, phone="09121234567")])

    phone = guest(ingest.context.identity_key, "+989121234567")
    assert first == [("accepted", None)]
    news = await ingest.news()
    latest, mine = roots_of(news), guest(ingest.context.identity_key)
    assert latest == {"a_b-7": mine, mine: "c-1", phone: "c-1"}
    rows = await ingest.database.worker.fetch("SELECT customer_id, merged_into FROM customers WHERE merged_into <> ''")
    assert {row["customer_id"]: row["merged_into"] for row in rows} == dict.fromkeys(latest, "c-1")
    assert not [event for event in news if event.type == "customer.identified"]


@pytest.mark.parametrize(
    ("customer", "data", "code"),
    [
        ({"id": "c-1"}, {}, "invalid_data"),
        ({"id": "c-1"}, {"anonymous_id": None}, "invalid_data"),
        ({"id": "c-1"}, {"anonymous_id": "null"}, "bad_customer_id"),
        ({"id": "c-1"}, {"anonymous_id": "x" * 199}, "bad_customer_id"),
        ({"id": "c-1"}, {"email": "not an address"}, "invalid_data"),
        ({"id": "c-1"}, {"phone": 7}, "invalid_data"),
        ({"email": MAIL}, {"email": MAIL}, "invalid_data"),
        ({"anonymous_id": "b-7"}, {"anonymous_id": "b-8"}, "bad_customer_id"),
        ({"id": "guest"}, {"anonymous_id": "b-8"}, "bad_customer_id"),
        (None, {"anonymous_id": "b-8"}, "missing_customer"),
        ({"id": "c-1"}, {"anonymous_id": [7]}, "invalid_data"),
    ],
)
async def test_a_statement_that_identifies_nobody_is_quarantined_alone(ingest, customer, data, code):
    results = await ingest.results(
        [viewed("1", {"anonymous_id": "b-7"}), identified("2", customer, **data), viewed("3", {"anonymous_id": "b-7"})]
    )
    assert results == [("accepted", None), ("quarantined", code), ("accepted", None)]
    assert roots_of(await ingest.news()) == {}


async def test_a_statement_about_somebody_elses_guest_changes_nothing_and_says_so(ingest):
    await ingest.send(paid("o", {"email": MAIL}))
    await ingest.send(identified("1", {"id": "c-1"}, email=MAIL))
    assert await ingest.results(identified("2", {"id": "c-2"}, email=MAIL)) == [("accepted", "identity_kept")]
    assert await ingest.results(identified("3", {"id": "c-1"}, email=MAIL)) == [("accepted", None)]

    news = await ingest.news()
    assert roots_of(news) == {guest(ingest.context.identity_key): "c-1"}
    assert worth(news) == {"o": {"c-1": 100}}


async def test_another_statement_under_the_same_id_is_a_conflict(ingest):
    await ingest.send(identified("1", {"id": "c-1"}, anonymous_id="b-7"))
    again = await ingest.results(identified("1", {"id": "c-1"}, anonymous_id="b-7"))
    other = await ingest.results(identified("1", {"id": "c-1"}, anonymous_id="b-8"))

    assert (again, other) == ([("duplicate", None)], [("quarantined", "id_conflict")])
    assert roots_of(await ingest.news()) == {"a_b-7": "c-1"}


async def test_history_identifies_as_of_its_own_time(ingest):
    """An import may say whose a browser was long ago; what it did since somebody else used it is theirs."""
    await ingest.send([viewed("1", {"id": "c-2", "anonymous_id": "b-7"}, 30)])
    past = await ingest.make_source(historical=True)
    event = identified("2", {"id": "c-1"}, anonymous_id="b-7")
    event["time"] = "2020-01-01T00:00:00Z"
    await ingest.send(event, key=past["key"])
    await ingest.send([viewed("3", {"anonymous_id": "b-7"}, 10), viewed("4", {"anonymous_id": "b-7"}, 40)])

    news = await ingest.news()
    assert roots_of(news) == {"a_b-7": "c-2"}
    assert receivers(news) == ["c-1", "c-2", "c-2"]
    assert [event.backfill for event in news if event.type == "customer.merged"] == [False, False]


async def test_two_shops_have_the_same_ids(ingest: Ingest):
    made = await ingest.ask("PUT", "/v1/shops/borea", shop="borea", json=SETTINGS)
    assert made.status_code == 200
    source = (await ingest.ask("POST", "/v1/sources", shop="borea", json={"name": "b"})).json()
    await ingest.send([viewed("1", {"anonymous_id": "b-7"}), paid("o", {"email": MAIL})])
    await ingest.send(viewed("2", {"id": "c-1", "anonymous_id": "b-7", "email": MAIL}, 1), key=source["key"])
    await ingest.send(viewed("3", {"anonymous_id": "b-7"}, 2))

    merges = [event for event in await ingest.news() if event.type == "customer.merged"]
    assert {(event.shop, event.data.alias) for event in merges} == {("borea", "a_b-7")}


async def test_the_newest_facts_and_every_consent_of_both_are_the_customers(ingest: Ingest):
    await ingest.send(
        [
            viewed("1", {"email": MAIL, "name": "Old", "locale": "fa-IR", "consent": {"email": True}}, 1),
            viewed("2", {"id": "c-1", "name": "New", "consent": {"email": {"status": "withdrawn"}}}, 2),
        ]
    )
    before = await ingest.news()
    await ingest.send(viewed("3", {"id": "c-1", "email": MAIL}, 3))

    contact = [event for event in await ingest.news() if event.type == "contact.updated"][-1]
    assert contact.customer_id == "c-1"
    assert (contact.data.name, contact.data.locale, contact.data.email) == ("New", "fa-IR", MAIL)
    assert contact.data.consents["email"].status == "withdrawn"
    assert contact.data.version > max(event.data.version for event in before if event.type == "contact.updated")


async def test_a_raw_record_and_a_quarantined_event_identify_as_well(ingest: Ingest):
    bad = identified("1", {"id": "c-1"}, anonymous_id="b-7")
    bad["time"] = "yesterday"
    assert await ingest.results(bad) == [("quarantined", "bad_time")]
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    good = {**bad, "time": "2026-11-22T10:00:00Z"}
    released = await ingest.ask("POST", f"/v1/quarantine/{entry['id']}/release", json=good)

    assert released.status_code == 200, released.text
    assert roots_of(await ingest.news()) == {"a_b-7": "c-1"}


async def test_what_is_known_costs_no_lock_and_no_row(ingest: Ingest):
    """A page view of a customer who is logged in names both ids each time."""
    for minute in range(5):
        await ingest.send(viewed(str(minute), {"id": "c-1", "anonymous_id": "b-7", "email": MAIL}, minute))
    ingest.clock.advance(timedelta(minutes=1))

    worker = ingest.database.worker
    assert await worker.fetchval("SELECT count(*) FROM browser_customers") == 1
    assert await worker.fetchval("SELECT count(*) FROM account_addresses") == 1
    assert Counter(event.type for event in await ingest.news())["customer.merged"] == 2
