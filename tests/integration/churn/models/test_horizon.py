"""The horizon of a shop's scores: chosen, published, fitted to, restored."""

from typing import Any

import pytest

from builders.orders import paid
from builders.shops import shop_updated
from churn.models.horizon_rows import find_horizon
from churn.models.put_horizon import restore_horizons
from harness.churn_service import Churn
from harness.waiting import eventually
from mandegar.database import transaction
from mandegar.events import Event


async def choose(churn: Churn, weeks: int) -> Any:
    answer = await churn.ask("PUT", "/v1/horizon", "journeys:write", json={"weeks": weeks})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def is_in_force(churn: Churn) -> bool:
    return bool((await churn.get("/v1/horizon")).json()["in_force"])


async def changes(churn: Churn) -> list[Event]:
    return [event for _, event in await churn.outbox() if event.type == "horizon.changed"]


async def test_a_shop_has_eight_weeks_until_it_chooses_and_the_same_choice_again_changes_nothing(churn):
    assert (await churn.get("/v1/horizon")).json() == {"weeks": 8, "in_force": True, "changed_at": None}
    assert (await choose(churn, 8))["changed_at"] is None
    first = await choose(churn, 13)
    assert (first["weeks"], first["in_force"]) == (13, False)
    assert await choose(churn, 13) == first

    published = await changes(churn)
    assert [(event.data.weeks, event.data.version, event.customer_id) for event in published] == [(13, 1, None)]


async def test_another_horizon_is_fitted_at_once_and_scores_go_by_it(churn):
    await churn.deliver(*(paid(f"o{days}", days=-days) for days in (3, 20, 41, 60, 90)))
    async with churn.working():
        await choose(churn, 4)
        await eventually(lambda: is_in_force(churn), bool)
        short = await eventually(churn.risk, lambda risk: risk["horizon_days"] == 28)
        await choose(churn, 13)
        long = await eventually(churn.risk, lambda risk: risk["horizon_days"] == 91)

    assert long["risk"] < short["risk"]
    assert long["expected"]["purchases"] > short["expected"]["purchases"]
    versions = (await churn.get("/v1/models")).json()["models"]
    # The shop may have been fitted before it chose.
    assert [version["horizon_days"] for version in versions] in ([91, 28], [91, 28, 56])
    assert "91 days" in " ".join(versions[0]["texts"])


async def test_a_shop_without_customers_has_its_horizon_before_the_first_one(churn):
    async with churn.working():
        for weeks in (4, 13):
            await choose(churn, weeks)
            await eventually(lambda: is_in_force(churn), bool)
    await churn.deliver(paid("first"))

    assert (await churn.risk())["horizon_days"] == 91


async def test_what_was_published_is_restored_in_any_order(churn):
    for weeks in (4, 13, 4):
        await choose(churn, weeks)
    published = await changes(churn)
    async with transaction(churn.database.worker) as connection:
        before = await find_horizon(connection, "s")
        await connection.execute("DELETE FROM horizons")
        for event in reversed(published):
            await restore_horizons([event], connection, churn.clock.now())
        assert await find_horizon(connection, "s") == before._replace(changed_at=published[-1].recorded_time)


@pytest.mark.parametrize("weeks", [0, 5, 8.5, "NaN", None, -4, 10**30])
async def test_other_horizons_are_refused(churn, weeks):
    answer = await churn.ask("PUT", "/v1/horizon", "journeys:write", json={"weeks": weeks})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_shop_chooses_for_itself_alone(churn):
    await churn.deliver(shop_updated(shop="s2"))
    await choose(churn, 4)
    assert (await churn.get("/v1/horizon", shop="s2")).json()["weeks"] == 8
