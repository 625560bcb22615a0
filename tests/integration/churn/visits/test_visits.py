"""Visits are the interactions that churn counts, and their days are the shop's."""

from builders.customers import viewed
from builders.orders import paid
from harness.in_process import NOON


async def visits(churn, customer: str = "c", status: int = 200) -> dict:
    answer = await churn.get(f"/v1/customers/{customer}/visits")
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_visits_are_counted_and_the_last_one_is_dated_in_days_of_the_shop(churn):
    # 23:00 on the day before yesterday in Tehran; less than 48 hours ago, and two calendar days
    late = viewed("late", days=-37 / 24)
    await churn.deliver(paid("o", days=-9), viewed("v", days=-5), late, late)

    assert await visits(churn) == {
        "customer_id": "c",
        "visits": 2,
        "last_visit_at": late.time.isoformat().replace("+00:00", "Z"),
        "days_since_last_visit": 2,
        "as_of": NOON.isoformat().replace("+00:00", "Z"),
    }


async def test_a_visit_that_arrives_late_is_counted_and_does_not_change_the_last_one(churn):
    await churn.deliver(viewed("today"))
    await churn.deliver(viewed("earlier", days=-30))
    answer = await visits(churn)

    assert (answer["visits"], answer["days_since_last_visit"]) == (2, 0)


async def test_a_customer_who_has_only_ordered_has_no_visit(churn):
    await churn.deliver(paid("o"))
    answer = await visits(churn)

    assert (answer["visits"], answer["last_visit_at"], answer["days_since_last_visit"]) == (0, None, None)


async def test_nobody_is_told_of_an_unknown_customer(churn):
    assert (await visits(churn, "nobody", status=404))["code"] == "unknown_customer"
    await churn.deliver(viewed("v"))

    assert (await churn.get("/v1/customers/c/visits", shop="other")).status_code == 404
