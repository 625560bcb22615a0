"""What front ends and marketing read: risk now and at another instant, lists, counts, and who may see them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from builders.orders import paid, refund
from harness.churn_service import Churn
from harness.in_process import NOON
from harness.tokens import token

LISTED_FIELDS = {
    "customer_id", "risk", "rise", "band", "band_since", "horizon_days", "next_crossing",
    "reasons", "value_at_risk", "value_at_risk_as_of", "model_version", "as_of",
}  # fmt: skip
RISK_FIELDS = LISTED_FIELDS | {"expected", "confidence", "act"}


async def test_a_risk_answer_has_exactly_the_promised_fields(churn):
    await churn.deliver(paid("a", days=-90), paid("b", days=-60))
    answer = await churn.risk()

    assert set(answer) == RISK_FIELDS
    assert answer["as_of"] == "2026-11-22T08:30:00Z"
    assert 0 < answer["risk"] < 1
    assert set(answer["next_crossing"]) == {"band", "at", "days", "text"}
    assert {"code", "text", "weight", "evidence"} == set(answer["reasons"][0])


async def test_risk_at_a_later_instant_assumes_silence(churn):
    await churn.deliver(paid("a", days=-10))
    risks = [(await churn.risk(at=(NOON + timedelta(weeks=week)).isoformat()))["risk"] for week in range(0, 60, 6)]

    assert risks == sorted(risks)
    assert len(set(risks)) == len(risks)


async def test_risk_at_an_earlier_instant_knows_no_later_purchase(churn):
    await churn.deliver(paid("a", days=-300))
    before = await churn.risk(at=(NOON - timedelta(days=10)).isoformat())
    await churn.deliver(paid("b", days=-1))

    assert await churn.risk(at=(NOON - timedelta(days=10)).isoformat()) == before
    assert (await churn.risk(at=(NOON - timedelta(days=400)).isoformat()))["band"] is None


@pytest.mark.parametrize("days", [0, 3, 40, 120, 400])
@pytest.mark.parametrize(
    "change",
    [
        "due_at = due_at + interval '10 minutes'", "due_at = due_at - interval '1 second'", "due_at = NULL",
        "band_since = band_since + interval '1 second'", "band = 'lost'", "band = 'healthy'", "band = NULL",
    ],
)  # fmt: skip
async def test_a_row_that_tells_another_band_or_crossing_changes_no_answer(churn, days, change):
    """As one whom the timer has put off, or a process with another clock has written."""
    await churn.deliver(paid("a", days=-60), paid("b", days=-41), paid("c", days=0))
    await churn.pass_time(days=days)
    before = await churn.risk()
    await churn.database.worker.execute(f"UPDATE customers SET {change}")

    assert await churn.risk() == before


@pytest.mark.parametrize("at", ["yesterday", "2026-11-22T08:30:00", "9999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
async def test_an_instant_that_is_none_is_refused(churn, at):
    await churn.deliver(paid("a"))

    assert (await churn.get("/v1/customers/c/risk", at=at)).status_code == 422


async def test_unknown_customers_and_those_of_other_shops_are_not_found(churn):
    await churn.deliver(paid("a"))
    for answer in (
        await churn.get("/v1/customers/nobody/risk"),
        await churn.get("/v1/customers/c/risk", shop="other"),
        await churn.get("/v1/customers/c", shop="other"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_customer")


async def test_reading_needs_its_scope(churn):
    await churn.deliver(paid("a"))
    for path in ("/v1/customers/c/risk", "/v1/customers/c", "/v1/customers", "/v1/bands"):
        assert (await churn.get(path, scope="programme:write")).status_code == 403
        assert (await churn.client.get(path)).status_code == 401


async def test_a_browser_reads_its_own_customer_and_no_list(churn):
    await churn.deliver(paid("a"), paid("b", customer="d"))
    headers = {"Authorization": f"Bearer {token('s', 'customers:read', subject='c')}"}

    assert (await churn.client.get("/v1/customers/c/risk", headers=headers)).status_code == 200
    assert (await churn.client.get("/v1/customers/d/risk", headers=headers)).status_code == 404
    assert (await churn.client.get("/v1/customers", headers=headers)).status_code == 403


async def at_risk_shop(churn: Churn) -> None:
    orders = [paid(f"o{i}", 100 + i // 2, days=-100, customer=f"c{i:02}") for i in range(25)]
    await churn.deliver(*orders, paid("fresh", days=-1, customer="fresh"))
    await churn.pass_time()


async def test_the_list_pages_through_everybody_once_most_value_first(churn):
    await at_risk_shop(churn)
    seen, cursor = [], None
    while True:
        query = {"band": "cooling", "sort": "value_at_risk", "limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await churn.get("/v1/customers", **query)).json()
        seen += page["customers"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    values = [float(customer["value_at_risk"]) for customer in seen]
    assert len(seen) == len({customer["customer_id"] for customer in seen}) == 25
    assert values == sorted(values, reverse=True)
    assert all(customer["band"] == "cooling" and customer["reasons"] for customer in seen)
    assert set(seen[0]) == LISTED_FIELDS | {"last_order_at", "sorted_by"}


async def test_a_list_a_card_and_a_risk_say_the_same_of_a_customer(churn):
    """Bought at different times, days after the crossing, in every band, and when a crossing is overdue."""
    for number in range(40):
        name, total = f"c{number:02}", 90 + 7 * (number % 9)
        await churn.deliver(
            paid(f"a{number}", total, days=-620 - number, customer=name),
            paid(f"b{number}", 3 * total, days=-600 + number * 15, customer=name),
        )
    await churn.pass_time(days=9)
    await churn.deliver(refund("b3", 100, customer="c03"), paid("n", 5, days=8.5, customer="c04"))
    listed: dict[str, dict] = {}
    for overdue in (0, 20):
        churn.clock.advance(timedelta(days=overdue))
        for band in ("healthy", "cooling", "at_risk", "lost"):
            page = (await churn.get("/v1/customers", band=band, limit=200)).json()
            values = [Decimal(customer["value_at_risk"]) for customer in page["customers"]]
            assert values == sorted(values, reverse=True)
            for customer in page["customers"]:
                assert customer["band"] == band
                risk = await churn.risk(customer["customer_id"])
                assert customer == {name: risk[name] for name in LISTED_FIELDS} | {
                    "last_order_at": customer["last_order_at"],
                    "sorted_by": customer["value_at_risk"],
                }
                card = (await churn.get(f"/v1/customers/{customer['customer_id']}")).json()
                assert {name: customer[name] for name in LISTED_FIELDS} == {name: card[name] for name in LISTED_FIELDS}
                assert customer["value_at_risk_as_of"] == customer["band_since"] <= page["as_of"]
                listed[customer["customer_id"]] = customer
        if not overdue:
            assert len(listed) == 40
            assert len({customer["band"] for customer in listed.values()}) == 4


async def test_the_value_at_risk_is_the_one_that_was_published(churn):
    await churn.deliver(paid("a", 90, days=-100), paid("b", 90, days=-70))
    *_, crossed = await churn.pass_time(days=45)
    answers = [await churn.risk()]
    churn.clock.advance(timedelta(days=1))
    answers.append(await churn.risk())

    assert [answer["value_at_risk"] for answer in answers] == [str(crossed.data.value_at_risk)] * 2
    assert answers[0]["value_at_risk_as_of"] == crossed.data.crossed_at.isoformat().replace("+00:00", "Z")
    assert answers[0]["risk"] < answers[1]["risk"]


async def test_bands_are_counted_per_shop(churn):
    await at_risk_shop(churn)

    assert (await churn.get("/v1/bands")).json()["bands"] == {"healthy": 1, "cooling": 25, "at_risk": 0, "lost": 0}
    assert sum((await churn.get("/v1/bands", shop="other")).json()["bands"].values()) == 0


@pytest.mark.parametrize("query", [{"cursor": "bm8"}, {"cursor": "WyJOYU4iLCAiYyJd"}, {"limit": 0}, {"band": "doomed"}])
async def test_a_list_that_cannot_be_is_refused(churn, query):
    assert (await churn.get("/v1/customers", **query)).status_code == 422


async def test_a_customer_whose_orders_are_all_gone_is_in_no_list(churn):
    await churn.deliver(paid("a", 50, days=-100))
    await churn.deliver(refund("a", 50))

    assert sum((await churn.get("/v1/bands")).json()["bands"].values()) == 0


@pytest.mark.parametrize("cursor", ["1e999999~a", "1e-999999~a", "NaN~a", "1~a%00", "[0]~a", "~", "1,a"])
async def test_a_cursor_that_no_page_ended_with_is_refused(churn, cursor):
    answer = await churn.get("/v1/customers", cursor=cursor)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
