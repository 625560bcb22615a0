"""What contradicts itself in the ledger is seen by the watch over it, and told where alarms are."""

import asyncpg
import pytest

from builders.erasures import erased
from builders.opening import opened
from builders.orders import paid, refund
from loyalty.books import watch
from loyalty.books.watch import BOOKS, ENTRIES, LOTS, LedgerWatch


async def a_club(loyalty):
    await loyalty.deliver(paid("o", days=-20), paid("p", customer="d"), opened("lot", 700, customer="e"))
    await loyalty.deliver(refund("p", 4_000_000, customer="d"), paid("q", customer="gone"))
    await loyalty.deliver(erased("gone", keep_books=True))


async def test_a_ledger_that_agrees_with_itself_is_no_news(loyalty, monkeypatch):
    monkeypatch.setattr(watch, "CUSTOMERS_AT_ONCE", 2)
    await a_club(loyalty)
    looking = LedgerWatch(loyalty.context)
    for _ in range(4):
        await looking.look()

    assert await looking.checks["ledger"]() is None


@pytest.mark.parametrize(
    ("statement", "violated"),
    [
        ("UPDATE customers SET credit = replace(credit, '5000', '6000')", {ENTRIES, LOTS, BOOKS}),
        ("UPDATE book_changes SET points = points + 1 WHERE kind = 'credit.adjust'", {BOOKS}),
    ],
)
async def test_credit_is_watched_as_points_are(loyalty, statement, violated):
    await a_club(loyalty)
    body = {"credit": "5", "reason": "r", "note": "n"}
    headers = {"Idempotency-Key": "k"}
    await loyalty.ask("POST", "/v1/customers/c/adjustments", "points:adjust", json=body, headers=headers)
    await loyalty.deliver(erased("d", keep_books=True))
    looking = LedgerWatch(loyalty.context)
    await looking.look()
    assert await looking.checks["ledger"]() is None

    assert await loyalty.database.worker.execute(statement) != "UPDATE 0"
    await looking.look()

    told = await looking.checks["ledger"]()
    assert {each for each in (ENTRIES, LOTS, BOOKS) if each in told} == violated


@pytest.mark.parametrize(
    ("statement", "violated"),
    [
        ("UPDATE customers SET available = available + 1 WHERE customer_id = 'e'", {ENTRIES, LOTS, BOOKS}),
        ("UPDATE entries SET points = points + 1 WHERE customer_id = 'd' AND kind = 'earn'", {ENTRIES}),
        ("UPDATE orders SET facts = replace(facts, '700', '701') WHERE customer_id = 'e'", {LOTS}),
        ("UPDATE book_changes SET points = points + 1 WHERE kind = 'open'", {BOOKS}),
    ],
)
async def test_what_is_wrong_is_told_until_it_is_mended(loyalty, statement, violated):
    await a_club(loyalty)
    owner = await asyncpg.connect(loyalty.database.owner_url)
    for table in ("customers", "entries", "orders", "book_changes"):
        await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    await owner.execute("ALTER TABLE entries DISABLE TRIGGER USER")
    assert await owner.execute(statement) != "UPDATE 0"
    looking = LedgerWatch(loyalty.context)

    await looking.look()
    told = await looking.checks["ledger"]()

    assert told is not None
    assert {each for each in (ENTRIES, LOTS, BOOKS) if each in told} == violated
    await owner.execute(statement.replace("+ 1", "- 1").replace("'700', '701'", "'701', '700'"))
    await owner.close()
    await looking.look()
    assert await looking.checks["ledger"]() is None
