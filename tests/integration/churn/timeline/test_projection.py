"""What will happen is dated in advance, and happens so when its time comes."""

from datetime import datetime
from typing import Any

import pytest

from builders.orders import paid
from builders.points import expiring, tier_changed
from harness.churn_service import Churn, crossings

TIMELINE = 2


async def projection(churn: Churn, customer: str = "c", **query: Any) -> list[dict[str, Any]]:
    answer = await churn.get(f"/v1/customers/{customer}/projection", **query)
    assert answer.status_code == 200, answer.text
    changes: list[dict[str, Any]] = answer.json()["changes"]
    return changes


async def test_the_bands_ahead_are_those_that_come(churn):
    await churn.deliver(paid("a", days=-40), paid("b", days=-20), paid("c", days=-1))
    foreseen = await projection(churn)

    assert [change["fields"]["band"] for change in foreseen] == ["cooling", "at_risk", "lost"]
    for change in foreseen:
        left = datetime.fromisoformat(change["at"]) - churn.clock.now()
        told = await churn.pass_time(seconds=left.total_seconds())
        assert crossings(told) == [(change["fields"]["previous"], change["fields"]["band"])]
        assert (await churn.risk())["risk"] == pytest.approx(change["fields"]["risk"])
    assert await projection(churn) == []


async def test_warnings_of_loyalty_are_told_until_they_are_over(churn):
    await churn.deliver(
        expiring(500, in_days=10, days=-3, name="first"), expiring(300, in_days=10, days=-1, name="again"),
        expiring(70, in_days=-1, days=-20, name="over"), topic="loyalty.events", subscription=TIMELINE,
    )  # fmt: skip
    await churn.deliver(tier_changed(1, "gold"), topic="loyalty.events", subscription=TIMELINE)
    [change] = await projection(churn, lang="fa")

    assert (change["kind"], change["fields"], change["at"]) == (
        "points_expire", {"points": 300}, "2026-12-02T08:30:00Z",
    )  # fmt: skip
    assert change["text"] == "۳۰۰ امتیاز در ۱۱ آذر ۱۴۰۵ منقضی می‌شود"
    assert (await churn.get("/v1/customers/nobody/projection")).status_code == 404
