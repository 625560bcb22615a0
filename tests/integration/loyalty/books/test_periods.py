"""What a shop's books say of each period, held against the ledger itself."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builders.erasures import erased
from builders.opening import opened
from builders.orders import cancelled, historic, paid, refund
from builders.shops import shop_updated
from harness.loyalty_service import Loyalty
from loyalty.books.add_up import add_some_up
from loyalty.books.count_again import count_again
from loyalty.domain.books import balance_of_sums, liability, movements_of
from mandegar.database import transaction

TEHRAN = ZoneInfo("Asia/Tehran")
MOVED = ("issued", "brought", "activated", "spent", "expired", "reversed", "repaid", "adjusted")


async def periods(loyalty: Loyalty, first: str, last: str, **more: Any) -> list[dict[str, Any]]:
    query = {"from": first, "to": last, **more}
    answer = await loyalty.get("/v1/books/periods", scope="books:read", **query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["periods"]
    return found


async def by_the_ledger(loyalty: Loyalty) -> dict[date, dict[tuple[str, str], int]]:
    """The ledger's points by day, kind and bucket, counted entry by entry."""
    found: defaultdict[date, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for row in await loyalty.database.worker.fetch("SELECT kind, bucket, points, posted_at AS at FROM entries"):
        found[row["at"].astimezone(TEHRAN).date()][row["kind"], row["bucket"]] += row["points"]
    return found


async def assert_ties(loyalty: Loyalty) -> None:
    """Every day and every month is what the ledger says, and the last one ends as the sum of all balances."""
    ledger = await by_the_ledger(loyalty)
    first, last = min(ledger) - timedelta(days=3), max(ledger) + timedelta(days=3)
    if (last - first).days >= 400:
        first = last - timedelta(days=399)
    opening: dict[tuple[str, str], int] = defaultdict(int)
    for day, sums in ledger.items():
        for key, points in sums.items() if day < first else ():
            opening[key] += points
    days = await periods(loyalty, first.isoformat(), last.isoformat(), by="day")
    standing = liability(balance_of_sums(opening))
    assert len(days) == (last - first).days + 1
    for told in days:
        moved = movements_of(ledger.get(date.fromisoformat(told["first_day"]), {}))
        assert {name: told[name] for name in MOVED} == moved._asdict()
        assert told["opening"]["liability"] == standing
        standing += moved.change
        assert told["closing"]["liability"] == standing
    balances = await loyalty.database.worker.fetchrow(
        "SELECT coalesce(sum(available), 0), coalesce(sum(pending), 0), coalesce(sum(held), 0),"
        " coalesce(sum(debt), 0) FROM customers"
    )
    closing = days[-1]["closing"]
    assert [closing[name] for name in ("available", "pending", "held", "debt")] == list(balances)
    for calendar in ("gregorian", "jalali"):
        months = await periods(loyalty, first.isoformat(), last.isoformat(), calendar=calendar)
        assert [sum(month[name] for month in months) for name in MOVED] == [
            sum(day[name] for day in days) for name in MOVED
        ]
        assert months[-1]["closing"] == closing


async def a_club(loyalty: Loyalty) -> None:
    """Orders, refunds, late and historical ones, a lot that was brought along, and half a year that passes."""
    await loyalty.deliver(
        paid("o", days=-20), paid("p", days=-1), paid("q", customer="d"), historic("old", days=-300, customer="e"),
        opened("lot", 700, until=40, customer="f"),
    )  # fmt: skip
    await loyalty.pass_time(days=20)
    await loyalty.deliver(refund("p", 4_000_000, days=3), cancelled("q", version=2, days=19, customer="d"))
    await loyalty.pass_time(days=90)
    await loyalty.deliver(paid("late", days=-40, customer="d"), refund("o", 10_000_000, days=60))
    await loyalty.pass_time(days=200)


async def test_every_period_ties_to_the_ledger(loyalty):
    await a_club(loyalty)

    await assert_ties(loyalty)


async def test_what_nobody_has_added_up_yet_counts(loyalty):
    """Before, between and after the background task has been there, the answer is the same."""
    await loyalty.deliver(paid("o"))
    waiting = await periods(loyalty, "2026-11-01", "2026-11-30")
    while await add_some_up(loyalty.context):
        pass
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM book_changes") == 0
    assert await periods(loyalty, "2026-11-01", "2026-11-30") == waiting
    await loyalty.deliver(paid("p"))

    [month] = await periods(loyalty, "2026-11-01", "2026-11-30")

    assert (month["issued"], month["closing"]["pending"]) == (200, 200)


async def test_the_days_are_those_of_the_zone_in_which_the_shop_was(loyalty):
    """22 November 20:29:59 UTC is the last second of the day in Tehran; a new zone moves no day that is booked."""
    loyalty.clock.advance(timedelta(hours=11, minutes=59, seconds=59))
    await loyalty.deliver(paid("o"))
    loyalty.clock.advance(timedelta(seconds=1))
    await loyalty.deliver(paid("p"))
    before = await periods(loyalty, "2026-11-22", "2026-11-23", by="day")
    await loyalty.deliver(shop_updated(2, zone="America/New_York"))
    await loyalty.deliver(paid("q"))

    after = await periods(loyalty, "2026-11-22", "2026-11-23", by="day")

    assert [day["issued"] for day in before] == [100, 100]
    assert [day["issued"] for day in after] == [200, 100]


@pytest.mark.parametrize("keep_books", [True, False])
async def test_the_erased_stay_in_the_books_if_the_shop_keeps_them(loyalty, keep_books):
    await a_club(loyalty)
    before = await periods(loyalty, "2026-10-01", "2027-12-31")

    await loyalty.deliver(erased("f", keep_books=keep_books, days=310))
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM entries WHERE customer_id = 'f'") == 0
    after = await periods(loyalty, "2026-10-01", "2027-12-31")

    if keep_books:
        assert after == before
    else:
        assert [month["brought"] for month in after] == [0] * len(after)
        await assert_ties(loyalty)


async def test_months_are_those_of_the_calendar_that_is_asked_for(loyalty):
    loyalty.clock.advance(timedelta(days=118))
    await loyalty.deliver(paid("o", days=118))  # 20 March 2027, the last day of 1405
    loyalty.clock.advance(timedelta(days=1))
    await loyalty.deliver(paid("p", days=119))  # Nowruz

    jalali = await periods(loyalty, "2027-02-20", "2027-04-20", calendar="jalali")
    gregorian = await periods(loyalty, "2027-03-01", "2027-03-31")

    assert [(month["period"], month["last_day"], month["issued"]) for month in jalali] == [
        ("1405-12", "2027-03-20", 100),
        ("1406-01", "2027-04-20", 100),
    ]
    assert [(month["period"], month["issued"]) for month in gregorian] == [("2027-03", 200)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"from": "2026-11-02", "to": "2026-11-01"}, "invalid_span"),
        ({"from": "2020-01-01", "to": "2026-11-01", "by": "day"}, "invalid_span"),
        ({"from": "1900-01-01", "to": "2999-12-31"}, "invalid_span"),
        ({"from": "2026-13-01", "to": "2026-11-01"}, "invalid"),
        ({"from": "2026-11-01", "to": "2026-11-02", "by": "week"}, "invalid"),
    ],
)
async def test_a_span_that_cannot_be_answered_is_refused(loyalty, query, code):
    answer = await loyalty.get("/v1/books/periods", scope="books:read", **query)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_the_books_of_another_shop_are_not_seen(loyalty):
    await loyalty.deliver(shop_updated(shop="t"), paid("o"))

    answer = await loyalty.get("/v1/books/periods?from=2026-11-01&to=2026-11-30", scope="books:read", shop="t")

    assert answer.json()["periods"][0]["closing"]["liability"] == 0


async def test_a_ledger_that_is_counted_again_has_the_same_books(loyalty):
    """As where a shop has moved in: the sums that were there are gone, added up or not, in whichever zone."""
    await a_club(loyalty)
    await loyalty.deliver(shop_updated(2, zone="America/New_York"))
    await loyalty.deliver(paid("q", days=300))
    before = await periods(loyalty, "2026-11-01", "2027-11-30", by="day")
    await add_some_up(loyalty.context)
    async with transaction(loyalty.database.worker) as connection:
        await connection.execute("UPDATE book_days SET booked_on = booked_on - 1, points = points + 1")
        await count_again(connection, "s")

    assert await periods(loyalty, "2026-11-01", "2027-11-30", by="day") == before
