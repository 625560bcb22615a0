"""Customers under two programmes, counted: sums, differences, and the ten for whom most changes."""

from decimal import Decimal

from builders.accounts import at, paid, programme
from loyalty.comparing.months import months_of
from loyalty.comparing.rules import LARGEST, Comparison, difference
from loyalty.domain.account import Account, Order
from loyalty.domain.ids import lot_id
from loyalty.domain.programme import BEGINNING
from loyalty.domain.zones import always
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey

DAYS = shop_days("Asia/Tehran")
LATE = at(100)


def account(customer: str, *amounts: int) -> Account:
    orders = {}
    for number, amount in enumerate(amounts):
        name = f"o{number}"
        orders[name] = Order(name, lot_id(CustomerKey("s", customer), name), [], {})
        orders[name].add(paid(f"{customer}{number}", number, amount))
    return Account(orders)


def compared(accounts: dict[str, Account], *points: int) -> Comparison:
    comparison = Comparison(DAYS, BEGINNING)
    rules = [[programme(points=Decimal(each))] for each in points]
    for customer, one in accounts.items():
        comparison.add(customer, *(one.at(each, always(DAYS), LATE) for each in rules))
    return comparison


def test_the_ten_largest_are_kept_whatever_the_order_and_of_equal_ones_the_first_by_id():
    accounts = {f"c{number:04}": account(f"c{number:04}", 1000 if number % 7 else 2000) for number in range(3_000)}
    result = compared(accounts, 1, 2).result(None, None)

    expected = [f"c{number:04}" for number in range(0, 70, 7)]
    assert [each["customer_id"] for each in result["winners"]] == expected[:LARGEST]
    assert (result["gain"], result["lose"], result["losers"]) == (3_000, 0, [])


def test_gains_add_up_to_the_difference_of_what_is_kept():
    accounts = {f"c{number}": account(f"c{number}", *range(100, 100 + 900 * number, 900)) for number in range(1, 9)}
    result = compared(accounts, 3, 1).result(Decimal(2), Decimal(2))

    changes = sum(each["difference"] for each in [*result["winners"], *result["losers"]])
    assert changes == result["difference"]["points"]["given"] - result["difference"]["points"].get("expired", 0)
    assert Decimal(result["difference"]["cost"]) == 2 * changes


def test_months_add_up_to_the_totals_in_either_calendar():
    accounts = {f"c{number}": account(f"c{number}", *[500] * 40) for number in range(3)}
    result = compared(accounts, 1, 2).result(None, None)

    for calendar in ("gregorian", "jalali"):
        months = months_of(result["days"], calendar)
        assert sum(month["orders"] for month in months) == result["orders"] == 120
        assert sum(month["after"]["given"] for month in months) == result["after"]["points"]["given"]
        points = result["after"]["points"]
        assert months[-1]["after"]["kept"] == points["given"] - points["taken"] - points["expired"] - points["spent"]


def test_a_difference_has_only_what_differs():
    was = {"a": {"x": 1, "y": 2}, "b": "1.5", "c": None, "d": 3}

    assert difference(was, was) == {}
    assert difference(was, {"a": {"x": 1, "y": 5}, "b": "1.25", "c": "7", "d": 3}) == {"a": {"y": 3}, "b": "-0.25"}
