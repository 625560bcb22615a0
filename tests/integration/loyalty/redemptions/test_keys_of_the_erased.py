"""An ``Idempotency-Key`` of somebody who was erased tells nobody what was theirs, and is good for another request."""

from random import Random
from typing import Any

import pytest

from builders.erasures import erased, readmitted
from builders.opening import opened
from builders.orders import paid
from harness.loyalty_rebuilding import compare, rebuilt
from harness.loyalty_service import Loyalty


async def ask(loyalty: Loyalty, customer: str, what: str, body: Any) -> Any:
    scope, path = ("points:adjust", "adjustments") if what == "adjust" else ("points:spend", "redemptions")
    more = {"reason": "r", "note": "n"} if what == "adjust" else {}
    return await loyalty.ask(
        "POST", f"/v1/customers/{customer}/{path}", scope, json=body | more, headers={"Idempotency-Key": what}
    )


async def confirm(loyalty: Loyalty, customer: str, made: Any) -> None:
    path = f"/v1/customers/{customer}/redemptions/{made.json()['redemption_id']}/confirm"
    assert (await loyalty.ask("POST", path, "points:spend")).status_code == 200


@pytest.mark.parametrize("who", ["c", "d"])
@pytest.mark.parametrize("days", [0, 3])
async def test_it_is_free_after_an_erasure_and_a_rebuild_knows_both(loyalty, make_database, who, days):
    heard = [opened("l", 100), paid("o"), opened("m", 100, customer="d")]
    await loyalty.deliver(*heard)
    given = await ask(loyalty, "c", "adjust", {"points": 50})
    spent = await ask(loyalty, "c", "spend", {"points": 30})
    await confirm(loyalty, "c", spent)
    gone = [erased("c"), readmitted("c")]
    await loyalty.deliver(*gone)
    again = opened("l", 100, days=0.3, name="again")
    await loyalty.pass_time(days=days or 0.4)
    await loyalty.deliver(again)
    heard += [*gone, again]

    given_again = await ask(loyalty, who, "adjust", {"points": 50})
    spent_again = await ask(loyalty, who, "spend", {"points": 30})

    assert [given_again.status_code, spent_again.status_code] == [201, 201], (given_again.text, spent_again.text)
    assert given_again.json()["adjustment_id"] != given.json()["adjustment_id"]
    assert spent_again.json()["redemption_id"] != spent.json()["redemption_id"]
    await confirm(loyalty, who, spent_again)
    same = [await ask(loyalty, who, "adjust", {"points": 50}), await ask(loyalty, who, "spend", {"points": 30})]
    assert [answer.json() for answer in same] == [given_again.json(), spent_again.json()]
    assert (await loyalty.balance(who))["available"] == 120
    await loyalty.news()
    assert len({event.id for event in loyalty.published}) == len(loyalty.published), "each event has an id of its own"
    assert await loyalty.invariant_violations() == []
    await loyalty.pass_time(minutes=1)
    async with rebuilt(make_database, loyalty, heard, Random(4)) as other:
        await compare(loyalty, other)
        late = await ask(other, who, "adjust", {"points": 50})
        assert late.json()["adjustment_id"] == given_again.json()["adjustment_id"]
