"""What ingest deletes after a time, and what it never deletes: that an event was accepted."""

from datetime import timedelta

import pytest

from builders.bodies import order_body
from harness.ingest_service import SETTINGS, SHOP, Ingest
from ingest.hallway.retention import EXPIRIES
from ingest.hallway.rows import retention
from mandegar.database import transaction
from mandegar.run.upkeep import delete_expired
from mandegar.tokens import EVERY_SHOP

NONE = {
    "events_per_second": None,
    "bytes_per_second": None,
    "quarantine_events_max": None,
    "quarantine_bytes_max": None,
    "quarantine_days": None,
    "body_days": None,
}
OTHER = "other"


async def set_limits(ingest: Ingest, shop: str, **limits: int) -> None:
    if shop != SHOP:
        await ingest.ask("PUT", f"/v1/shops/{shop}", shop=shop, json=SETTINGS)
    answer = await ingest.ask("PUT", f"/v1/shops/{shop}/limits", "ops", shop=EVERY_SHOP, json={**NONE, **limits})
    assert answer.status_code == 200, answer.text


async def expire(ingest: Ingest) -> None:
    for expiry in EXPIRIES:
        await delete_expired(ingest.database.worker, ingest.clock, ingest.context.settings, expiry)


async def quarantined(ingest: Ingest) -> list[str]:
    rows = await ingest.database.worker.fetch("SELECT native_id FROM quarantine ORDER BY native_id")
    return [row["native_id"] for row in rows]


def bad(*names: str) -> list[dict[str, object]]:
    return [order_body({"total": "-5"}, id=name) for name in names]


async def test_an_entry_of_the_quarantine_is_deleted_after_ninety_days_in_whatever_state(ingest, monkeypatch):
    monkeypatch.setattr(retention, "DELETE_LIMIT", 2)
    await ingest.send(bad("a", "b", "c", "d", "e"))
    listed = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    await ingest.ask("POST", f"/v1/quarantine/{listed[0]['id']}/drop")
    ingest.clock.advance(timedelta(days=89))
    await ingest.send(bad("late"))
    await expire(ingest)
    assert len(await quarantined(ingest)) == 6
    assert {entry["kept_until"] for entry in listed} == {"2027-02-20T12:00:00Z"}

    ingest.clock.advance(timedelta(days=1, seconds=1))
    await expire(ingest)
    assert await quarantined(ingest) == ["late"]


async def test_a_shop_has_its_own_days_for_its_quarantine(ingest):
    await set_limits(ingest, SHOP, quarantine_days=7)
    await ingest.send(bad("a"))
    (entry,) = (await ingest.ask("GET", "/v1/quarantine")).json()["quarantine"]
    assert entry["kept_until"] == "2026-11-29T12:00:00Z"
    assert (await ingest.ask("GET", f"/v1/quarantine/{entry['id']}")).json()["kept_until"] == entry["kept_until"]
    ingest.clock.advance(timedelta(days=8))
    await expire(ingest)

    assert await quarantined(ingest) == []


async def bodies(ingest: Ingest) -> dict[str, bool]:
    path = "/v1/customers/c-42/events"
    history = (await ingest.ask("GET", path, "customers:read events:raw")).json()["events"]
    return {event["id"]: event["body"] is not None for event in history}


async def test_bodies_are_kept_without_end_unless_the_shop_wants_an_end(ingest, monkeypatch):
    monkeypatch.setattr(retention, "DELETE_LIMIT", 2)
    await set_limits(ingest, OTHER, body_days=1)
    names = [f"e-{number}" for number in range(5)]
    await ingest.send([order_body({"order_id": name}, id=name) for name in names])
    ingest.clock.advance(timedelta(days=1000))
    await expire(ingest)
    assert await bodies(ingest) == dict.fromkeys(names, True)

    await set_limits(ingest, SHOP, body_days=30)
    await ingest.send(order_body({"order_id": "new"}, id="new"))
    await expire(ingest)
    assert await bodies(ingest) == {"new": True, **dict.fromkeys(names, False)}


async def test_of_a_public_key_only_what_is_read_is_kept_and_for_a_week(ingest):
    """Anybody who reads the page's source may fill the disk with what else stands in bodies."""
    key = (await ingest.make_source(trust="browser"))["key"]
    view = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b", "note": "x"}}
    view["data"] = {"product_id": "p", "value": 12.50, "category": "c" * 300, "more": "x" * 3_000}
    assert (await ingest.send({**view, "more": ["x"] * 100}, key=key)).json()["results"][0]["status"] == "accepted"
    assert await ingest.results({**view, "attempt": 2}, key=key) == [("duplicate", None)]
    await ingest.send(order_body(customer={"id": "c", "anonymous_id": "b"}))

    async def stored() -> dict[str, tuple[object, str | None]]:
        history = (await ingest.ask("GET", "/v1/customers/c/events", "customers:read events:raw")).json()["events"]
        return {event["type"]: (event["body"], event["body_kept_until"]) for event in history}

    known = {"id": "v", "type": "product.viewed", "customer": {"anonymous_id": "b"}}
    known["data"] = {"product_id": "p", "value": "12.5", "category": "c" * 200 + "…"}
    assert (await stored())["product.viewed"] == (known, "2026-11-29T12:00:00Z")
    await set_limits(ingest, SHOP, body_days=9)
    ingest.clock.advance(timedelta(days=8))
    await expire(ingest)
    assert (await stored())["product.viewed"] == (known, "2026-12-01T12:00:00Z")

    await set_limits(ingest, SHOP)
    await expire(ingest)
    bodies = await stored()
    assert (bodies["product.viewed"][0], bodies["order.paid"][1]) == (None, None)
    assert bodies["order.paid"][0] is not None
    assert await ingest.results({**view, "attempt": 3}, key=key) == [("duplicate", None)]


async def test_an_event_without_its_body_is_still_recognised(ingest):
    await ingest.send(order_body())
    await set_limits(ingest, SHOP, body_days=1)
    ingest.clock.advance(timedelta(days=2))
    await expire(ingest)

    assert await ingest.database.worker.fetchval("SELECT count(*) FROM events WHERE body IS NULL") == 1
    assert await ingest.results(order_body()) == [("duplicate", None)]


@pytest.mark.parametrize(
    ("number", "index"), [(0, "ix_quarantine_shop"), (1, "ix_events_body"), (2, "ix_events_visit_body")]
)
async def test_what_has_expired_is_found_by_an_index(ingest, number, index):
    """Not by reading every row of every shop."""
    plan: list[str] = []

    class Explaining:
        def __init__(self, connection):
            self.connection = connection

        async def fetchval(self, sql, *arguments):
            plan.extend(row[0] for row in await self.connection.fetch(f"EXPLAIN {sql}", *arguments))
            return 0

    async with transaction(ingest.database.worker) as connection:
        await EXPIRIES[number].delete(Explaining(connection), ingest.clock.now(), ingest.context.settings)

    assert any(f"using {index} on" in line or f"on {index}" in line for line in plan), "\n".join(plan)
    assert not any("Seq Scan on events" in line or "Seq Scan on quarantine" in line for line in plan), "\n".join(plan)
