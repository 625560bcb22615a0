"""The revenue of the coming weeks is forecast with each fit, and held against what came once they are over."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from builders.orders import paid, refund
from churn.models.fit_shop import fit_shop
from harness.churn_service import Churn
from harness.in_process import SHOP


async def fit(churn: Churn) -> None:
    await fit_shop(churn.context, SHOP, churn.clock.now())


async def forecasts(churn: Churn, **query: object) -> dict[str, object]:
    answer = await churn.get("/v1/forecasts", **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def a_shop_of_a_quarter(churn: Churn) -> None:
    """Sixty customers who order for 50 every other week."""
    orders = [
        paid(f"o{customer}-{number}", 50, days=-100 + 14 * number + customer / 10, customer=f"c{customer:02}")
        for customer in range(60)
        for number in range(7)
    ]
    await churn.deliver(*orders)
    await fit(churn)


async def test_a_shop_without_a_fit_has_no_forecast(churn):
    answer = await forecasts(churn)
    assert (answer["forecasts"], answer["coverage"]) == ([], {"checked": 0, "inside": 0, "share": None})


async def test_a_fit_forecasts_the_coming_four_weeks(churn):
    await a_shop_of_a_quarter(churn)
    await fit(churn)
    [only] = (await forecasts(churn))["forecasts"]

    assert date.fromisoformat(only["first_day"]) == churn.clock.now().date()
    assert date.fromisoformat(only["last_day"]) - date.fromisoformat(only["first_day"]) == timedelta(days=27)
    assert (only["customers"], only["paid"], only["inside"]) == (60, None, None)
    low, expected, high = (Decimal(only[name]) for name in ("low", "expected", "high"))
    assert low < expected < high
    assert 3000 < expected < 7000, "two orders of 50 from each of 60 customers are 6000"


async def test_a_forecast_is_held_against_what_its_customers_paid(churn):
    await a_shop_of_a_quarter(churn)
    for customer in range(60):
        await churn.deliver(paid(f"l{customer}", 80, days=3, customer=f"c{customer:02}"))
    await churn.deliver(refund("l0", 30, days=4, customer="c00"))
    await churn.deliver(paid("new", 999, days=3, customer="of the weeks"), paid("after", 500, days=29, customer="c01"))
    churn.clock.advance(timedelta(days=27))
    await fit(churn)
    assert (await forecasts(churn))["coverage"]["checked"] == 0, "the last of the days is not over"
    churn.clock.advance(timedelta(days=1))
    await fit(churn)
    answer = await forecasts(churn)
    first = answer["forecasts"][-1]

    assert (first["paid"], first["inside"]) == ("4770", True)
    assert answer["coverage"] == {"checked": 1, "inside": 1, "share": "1.0000"}
    assert [each["paid"] for each in answer["forecasts"][:-1]] == [None, None]
    assert len((await forecasts(churn, limit=1))["forecasts"]) == 1


async def test_forecasts_are_the_shops_own_and_no_customers(churn):
    await a_shop_of_a_quarter(churn)
    assert (await forecasts(churn, shop="t"))["forecasts"] == []
    assert (await churn.ask("GET", "/v1/forecasts", subject="c01")).status_code == 403


@pytest.mark.parametrize("amount", [0, 10**15])
async def test_odd_amounts_are_forecast(churn, amount):
    await churn.deliver(paid("a", amount, days=-10), paid("b", amount, days=-3), paid("c", amount, days=-50))
    await fit(churn)
    [only] = (await forecasts(churn))["forecasts"]
    assert 0 <= Decimal(only["low"]) <= Decimal(only["expected"]) <= Decimal(only["high"])
