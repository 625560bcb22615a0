"""What a shop owes in points by month, held against the lots of its customers and the sum of all balances."""

from collections import defaultdict
from csv import DictReader
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from builders.erasures import erased
from builders.merges import merges
from builders.opening import opened
from builders.orders import cancelled, historic, paid, refund
from builders.shops import shop_updated
from harness.loyalty_service import Loyalty
from loyalty.account.rows import load_accounts
from loyalty.books.add_up import add_some_up
from loyalty.programme.rows import load_rules
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.quantities import to_us

POINTS = ("available", "pending", "held")


async def liability(loyalty: Loyalty, **query: Any) -> dict[str, Any]:
    answer = await loyalty.get("/v1/books/liability", scope="books:read", **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def by_the_lots(loyalty: Loyalty) -> dict[str, int]:
    """The points that are left by the Gregorian month of their last day: every account is walked from the beginning."""
    found: defaultdict[str, int] = defaultdict(int)
    async with transaction(loyalty.database.worker) as connection:
        rows = await connection.fetch(
            "SELECT shop, customer_id, settled_at FROM customers WHERE settled_at IS NOT NULL"
        )
        for shop, customer, settled_at in rows:
            rules = (await load_rules(connection, [shop]))[shop]
            for _, account in await load_accounts(connection, [CustomerKey(shop, customer)]):
                for lot in account.at(*rules, to_us(settled_at)).lots:
                    day = date.fromordinal(lot.last_day)
                    found["" if day == date.max else f"{day:%Y-%m}"] += lot.available + lot.pending
    return {month: points for month, points in found.items() if points}


async def assert_ties(loyalty: Loyalty) -> dict[str, Any]:
    """Months are those of the lots, totals those of the balances; adding up changes nothing."""
    told = await liability(loyalty, value_per_point="0.5")
    months = {month["month"]: month["points"] for month in told["months"]}
    if told["no_expiry"]["points"]:
        months[""] = told["no_expiry"]["points"]
    lots = await by_the_lots(loyalty)
    assert told["expiry_unknown"]["points"] == 0
    erased_points = told["of_erased"]["points"]
    assert sum(months.values()) - sum(lots.values()) == erased_points
    if not erased_points:
        assert months == lots
    balances = await loyalty.database.worker.fetchrow(
        "SELECT coalesce(sum(available), 0), coalesce(sum(pending), 0), coalesce(sum(held), 0),"
        " coalesce(sum(debt), 0) FROM customers"
    )
    of_customers = [told["total"][name] - told["of_erased"][name] for name in POINTS]
    assert [*of_customers, told["debt"]["points"]] == list(balances)
    assert [sum(month[name] for month in told["months"]) + told["no_expiry"][name] for name in POINTS] == [
        told["total"][name] for name in POINTS
    ]
    while await add_some_up(loyalty.context):
        pass
    assert {**await liability(loyalty, value_per_point="0.5"), "as_of": ""} == {**told, "as_of": ""}
    return told


async def test_every_month_is_what_the_lots_have_left(loyalty):
    await loyalty.deliver(
        paid("o", days=-20), paid("p", days=-60), historic("old", days=-300, customer="e"),
        opened("lot", 700, until=40, customer="f"), opened("endless", 30, customer="f"),
    )  # fmt: skip
    told = await assert_ties(loyalty)
    assert [(month["month"], month["points"], month["value"]) for month in told["months"]] == [
        ("2027-01", 700, "350"), ("2027-02", 100, "50"), ("2027-10", 100, "50"), ("2027-11", 100, "50"),
    ]  # fmt: skip
    assert (told["no_expiry"]["points"], told["currency"], told["breakage"]["reason"]) == (
        30, "IRR", "too_little_history",
    )  # fmt: skip

    await loyalty.pass_time(days=60)
    await loyalty.deliver(refund("p", 4_000_000, days=59), cancelled("o", version=2, days=59))
    await assert_ties(loyalty)


async def test_an_earlier_payment_that_comes_late_moves_points_to_their_month(loyalty):
    """The order was paid 40 days before loyalty had heard: all of its points end 40 days earlier."""
    await loyalty.deliver(paid("o"), paid("o", name="earlier", days=-40))

    told = await assert_ties(loyalty)

    assert [(month["month"], month["points"]) for month in told["months"]] == [("2027-10", 100)]


async def test_another_end_of_a_lot_that_was_brought_along_moves_its_points(loyalty):
    await loyalty.deliver(opened("lot", 700, until=40, hours=-1))
    await loyalty.deliver(opened("lot", 700, until=400, name="corrected"))

    told = await assert_ties(loyalty)

    assert [(month["month"], month["points"]) for month in told["months"]] == [("2027-12", 700)]
    assert (await loyalty.balance())["available"] == 700


async def test_a_new_zone_moves_no_points_to_another_month(loyalty):
    await loyalty.deliver(paid("o", days=-20), opened("lot", 700, until=8))
    before = await liability(loyalty)

    await loyalty.deliver(shop_updated(2, zone="America/New_York"))
    await loyalty.pass_time(hours=1)
    await loyalty.deliver(refund("o", 1_000_000, days=0.1))

    assert [month["month"] for month in (await assert_ties(loyalty))["months"]] == [
        month["month"] for month in before["months"]
    ]


async def test_merged_customers_owe_and_are_owed_once(loyalty):
    await loyalty.deliver(paid("o", days=-20), paid("p", days=-50, customer="a_1"), opened("lot", 5, customer="a_1"))

    await loyalty.deliver(*merges("a_1", "c"))

    assert (await assert_ties(loyalty))["total"]["points"] == 205


@pytest.mark.parametrize("keep_books", [True, False])
async def test_points_of_the_erased_are_nobodys_if_the_shop_keeps_books(loyalty, keep_books):
    await loyalty.deliver(paid("o", days=-20), paid("p", customer="d"))

    await loyalty.deliver(erased("c", keep_books=keep_books))

    told = await assert_ties(loyalty)
    assert told["of_erased"]["points"] == (100 if keep_books else 0)


async def test_breakage_is_the_share_of_the_months_that_are_over(loyalty):
    """Of lots that end in three months a quarter is taken back before: the others expire unused."""
    for month in range(3):
        lots = [opened(f"{month}-{n}", 100, until=30 * month + 5, customer=f"c{n}") for n in range(40)]
        await loyalty.deliver(*lots)
        await loyalty.deliver(
            *(opened(f"{month}-{n}", 0, until=30 * month + 5, name=f"{month}-{n}-0", hours=1, customer=f"c{n}")
              for n in range(10))
        )  # fmt: skip
    await loyalty.deliver(opened("last", 1_000, until=200))
    await loyalty.pass_time(days=120)

    told = await assert_ties(loyalty)

    assert told["breakage"]["reason"] is None
    assert (told["breakage"]["given"], told["breakage"]["expired"], told["breakage"]["share"]) == (9000, 9000, "1.0000")
    assert told["total"]["expected_breakage"] == 1_000


@pytest.mark.parametrize("value", ["1e3", "-1", "٫5", "", "1" * 30, "9999999999999", "NaN"])
async def test_a_value_of_a_point_that_is_no_price_is_refused(loyalty, value):
    answer = await loyalty.get("/v1/books/liability", scope="books:read", value_per_point=value)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")


async def test_csv_has_the_lines_of_the_answer_and_the_entries_behind_it(loyalty):
    await loyalty.deliver(paid("=o"), opened("@lot", 700, until=40, customer="-d"))
    headers = {"Accept": "text/csv"}

    told = await loyalty.ask("GET", "/v1/books/liability?value_per_point=2", "books:read", headers=headers)
    same = await loyalty.get("/v1/books/liability.csv", scope="books:read", value_per_point="2")
    entries = await loyalty.get("/v1/books/entries.csv?from=2026-11-22&to=2026-11-22", scope="books:read")
    nothing = await loyalty.get("/v1/books/entries.csv?from=2026-11-21&to=2026-11-21", scope="books:read")

    assert told.text == same.text
    assert told.headers["content-type"].startswith("text/csv")
    assert "2027-01,2027-01-01,2027-01-31,700,0,0,700,1400," in told.text
    lines = entries.text.splitlines()
    assert len(lines) == 3
    assert any(",'-d,open,available,700,'@lot," in line for line in lines)
    assert any(",c,earn,pending,100,'=o," in line for line in lines)
    assert nothing.text.splitlines() == lines[:1]


async def test_csv_has_credit_in_its_last_columns_and_ties_to_the_balances(loyalty):
    async def lines(what: str) -> list[dict[str, str]]:
        answer = await loyalty.get(f"/v1/books/{what}", scope="books:read")
        return list(DictReader(StringIO(answer.text)))

    await loyalty.deliver(paid("o"), paid("p", customer="d"))
    [*_, columns] = [
        list((await lines(what))[0]) for what in ("liability.csv", "entries.csv?from=2026-11-22&to=2026-11-22")
    ]
    assert columns[-3:] == ["entry_id", "amount", "unit"]
    assert {line["credit"] + line["currency"] for line in await lines("liability.csv")} == {""}
    span = "from=2026-11-01&to=2026-11-30"
    assert (await lines(f"periods.csv?{span}"))[0]["credit_closing_liability"] == ""

    for key, customer, more in (
        ("1", "c", {"credit": "5000"}), ("2", "c", {"credit": "700", "expires_in_days": 60}),
        ("3", "d", {"credit": "-30", "allow_debt": True}), ("4", "c", {"credit": "-200"}),
    ):  # fmt: skip
        body = {"reason": "r", "note": "n", **more}
        answer = await loyalty.ask(
            "POST",
            f"/v1/customers/{customer}/adjustments",
            "points:adjust",
            json=body,
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 201, answer.text

    told = {line["month"]: (line["credit"], line["currency"]) for line in await lines("liability.csv")}
    assert told == {
        "2027-01": ("500", "IRR"), "2027-12": ("0", "IRR"), "no_expiry": ("5000", "IRR"),
        "expiry_unknown": ("0", "IRR"), "total": ("5500", "IRR"), "of_erased": ("0", "IRR"), "debt": ("30", "IRR"),
    }  # fmt: skip
    [period] = await lines(f"periods.csv?{span}")
    assert (period["credit_adjusted"], period["credit_closing_debt"], period["currency"]) == ("5470", "30", "IRR")
    assert "'" not in "".join(period.values()), "negative numbers are numbers"
    assert (period["issued"], period["adjusted"]) == ("200", "0")
    entries = [line for line in await lines(f"entries.csv?{span}") if line["unit"] == "IRR"]
    assert [(line["kind"], line["points"]) for line in entries] == [("adjust", "0")] * 4
    assert sum(Decimal(line["amount"]) for line in entries) == 5470
    balances = [(await loyalty.balance(customer))["credits"][0] for customer in "cd"]
    assert sum(Decimal(each["available"]) - Decimal(each["debt"]) for each in balances) == 5470


async def test_all_entries_of_a_long_span_are_written_page_by_page(loyalty):
    """More entries than a page has, some posted at one instant, some days apart."""
    for number in range(5):
        await loyalty.deliver(*(paid(f"{number}-{n}", days=number, customer=f"c{n}") for n in range(450)))
        loyalty.clock.advance(timedelta(days=1))
    await loyalty.pass_time(days=20)
    stored = await loyalty.database.worker.fetch("SELECT entry_id::text FROM entries ORDER BY posted_at, entry_id")

    text = (await loyalty.get("/v1/books/entries.csv?from=2026-11-01&to=2027-01-31", scope="books:read")).text

    assert len(stored) > 2 * 2_000
    assert [line.split(",")[-3] for line in text.splitlines()[1:]] == [row[0] for row in stored]


async def test_without_a_value_points_are_worth_what_the_programme_says(loyalty):
    club = """
        version: 2
        currency: IRR
        earn: {points: 1, per: 100000}
        tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
    """
    await loyalty.deliver(paid("o"))
    assert (await liability(loyalty))["total"]["value"] is None

    assert (await loyalty.put_programme(club + "    spend: {value: 250}")).status_code == 201
    told = await liability(loyalty)
    assert (told["value_per_point"], told["total"]["value"]) == ("250", "25000")
    assert (await liability(loyalty, value_per_point="3"))["value_per_point"] == "3"
