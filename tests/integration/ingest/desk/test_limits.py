"""What a shop may send and keep: set by operators and within them by the shop, in force in all doors."""

from datetime import timedelta

import asyncpg
import pytest

from builders.bodies import order_body, refund_body
from harness.ingest_service import SETTINGS, SHOP, Ingest, ingest_service
from ingest.hallway.expired_refunds import quarantine_expired
from ingest.sources.keys import CACHED_SECONDS
from mandegar.clock import monotonic_seconds
from mandegar.database import transaction
from mandegar.stream import Record
from mandegar.tokens import EVERY_SHOP

PATH = f"/v1/shops/{SHOP}/limits"
NONE = dict.fromkeys(
    (
        "events_per_second",
        "bytes_per_second",
        "quarantine_events_max",
        "quarantine_bytes_max",
        "quarantine_days",
        "body_days",
    )
)


async def set_limits(ingest: Ingest, **limits: int) -> None:
    answer = await ingest.ask("PUT", PATH, "ops", shop=EVERY_SHOP, json={**NONE, **limits})
    assert answer.status_code == 200, answer.text
    ingest.context.keys._cache.expire(monotonic_seconds() + CACHED_SECONDS)


async def kept(ingest: Ingest) -> int:
    return await ingest.database.worker.fetchval("SELECT count(*) FROM quarantine")


def bad(*names: str) -> list[dict[str, object]]:
    return [order_body({"total": "-5", "order_id": name}, id=name) for name in names]


async def test_the_operator_sets_limits_and_the_shop_sees_them(ingest):
    await set_limits(ingest, events_per_second=50, quarantine_days=7)
    seen = (await ingest.ask("GET", PATH)).json()

    assert (seen["own"]["events_per_second"], seen["own"]["body_days"]) == (50, None)
    assert seen["in_force"] == {
        "events_per_second": 50,
        "bytes_per_second": 4 * 1024 * 1024,
        "quarantine_events_max": 10_000,
        "quarantine_bytes_max": 64 * 1024 * 1024,
        "quarantine_days": 7,
        "body_days": None,
    }
    assert (await ingest.ask("PUT", PATH, "sources:write", json=NONE)).status_code == 403
    assert (await ingest.ask("GET", "/v1/shops/other/limits")).status_code == 403
    nobody = await ingest.ask("PUT", "/v1/shops/nobody/limits", "ops", shop=EVERY_SHOP, json=NONE)
    assert nobody.status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"events_per_second": 0}, {"body_days": -1}, {"quarantine_bytes_max": 2**31}, {"surprise": 1}]
)
async def test_impossible_limits_are_refused(ingest, wrong):
    answer = await ingest.ask("PUT", PATH, "ops", shop=EVERY_SHOP, json={**NONE, **wrong})

    assert answer.status_code == 422


async def test_a_shop_slows_a_source_down_and_cannot_go_beyond_its_own_limit(ingest):
    path = f"/v1/sources/{ingest.source_id}"
    await set_limits(ingest, events_per_second=100)
    above = await ingest.ask("PATCH", path, json={"events_per_second": 101})
    assert (above.status_code, above.json()["code"]) == (422, "above_shop_limit")
    assert (await ingest.ask("PATCH", path, json={})).status_code == 422

    changed = (await ingest.ask("PATCH", path, json={"events_per_second": 1, "unit": "IRT"})).json()
    assert (changed["events_per_second"], changed["unit"]) == (1, "IRT")
    unit = (await ingest.ask("PATCH", path, json={"unit": None})).json()
    assert (unit["events_per_second"], unit["unit"]) == (1, None)
    ingest.context.keys._cache.expire(monotonic_seconds() + CACHED_SECONDS)
    batch = [order_body({"order_id": f"o-{number}"}, id=f"e-{number}") for number in range(10)]
    assert (await ingest.send(batch)).status_code == 202
    assert (await ingest.send(batch)).status_code == 429


async def test_what_is_above_the_room_in_quarantine_is_neither_stored_nor_lost(ingest):
    await set_limits(ingest, quarantine_events_max=2)
    fine = order_body({"order_id": "fine"}, id="fine")

    assert await ingest.results([*bad("a", "b", "c"), fine]) == [
        ("quarantined", "bad_amount"),
        ("quarantined", "bad_amount"),
        ("retry", "quarantine_full"),
        ("accepted", None),
    ]
    assert await kept(ingest) == 2
    full = await ingest.send(bad("c", "d"))
    assert (full.status_code, full.json()["code"], full.headers["retry-after"]) == (429, "quarantine_full", "60")
    assert [result["status"] for result in full.json()["results"]] == ["retry"] * 2
    # What is there already is there, whatever room is left.
    assert await ingest.results(bad("a")) == [("quarantined", "bad_amount")]

    (newest, _) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    assert (await ingest.ask("POST", f"/v1/quarantine/{newest['id']}/drop")).status_code == 200
    assert await ingest.results(bad("c")) == [("quarantined", "bad_amount")]


async def test_the_room_in_quarantine_is_bounded_in_bytes_too(ingest):
    await set_limits(ingest, quarantine_bytes_max=1_024)
    large = [order_body({"total": "-5"}, id=name, note="x" * 500) for name in "ab"]

    assert [status for status, _ in await ingest.results(large)] == ["quarantined", "retry"]


async def test_a_shop_without_room_does_not_keep_another_from_its_quarantine(make_database):
    async with ingest_service(await make_database("ingest"), quarantine_events_max=1) as ingest:
        assert [status for status, _ in await ingest.results(bad("a", "b"))] == ["quarantined", "retry"]
        other = await ingest.ask("PUT", "/v1/shops/other", shop="other", json=SETTINGS)
        assert other.status_code == 200
        key = (await ingest.ask("POST", "/v1/sources", shop="other", json={"name": "x"})).json()["key"]
        assert [status for status, _ in await ingest.results(bad("a"), key=key)] == ["quarantined"]


async def test_an_event_that_the_database_refuses_needs_room_too(ingest):
    owner = await asyncpg.connect(ingest.database.owner_url)
    await owner.execute("ALTER TABLE events ADD CHECK (native_id NOT LIKE 'cursed%')")
    await owner.close()
    await set_limits(ingest, quarantine_events_max=1)
    cursed = [order_body({"order_id": f"cursed-{n}"}, id=f"cursed-{n}") for n in range(2)]

    assert await ingest.results(cursed) == [("quarantined", "unstorable"), ("retry", "quarantine_full")]


async def test_a_record_without_room_in_quarantine_becomes_a_dead_letter(ingest):
    await set_limits(ingest, quarantine_events_max=1)
    topic = f"raw.{ingest.source_id}"
    records = [Record(topic, 0, offset, None, b"{oops" + bytes([65 + offset])) for offset in range(3)]
    async with transaction(ingest.database.worker) as connection:
        await ingest.process_raw(records, connection, ingest.clock.now())
    letters = await ingest.database.worker.fetch("SELECT * FROM dead_letters ORDER BY id")

    assert await kept(ingest) == 1
    assert [(row["shop"], row["code"], row["record_offset"]) for row in letters] == [
        (SHOP, "quarantine_full", 1),
        (SHOP, "quarantine_full", 2),
    ]
    assert [row["value"] for row in letters] == [b"{oopsB", b"{oopsC"]


async def test_a_refund_whose_order_never_came_is_kept_whatever_room_is_left(ingest):
    """It was accepted thirty days ago: nobody would send it again."""
    await set_limits(ingest, quarantine_events_max=0)
    await ingest.send(refund_body())
    ingest.clock.advance(timedelta(days=31))
    async with transaction(ingest.database.worker) as connection:
        assert await quarantine_expired(connection, ingest.clock.now()) == 1
    assert await kept(ingest) == 1
