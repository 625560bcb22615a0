"""Visits and experiences move the bands of a shop where they have shown a worth, and of no other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from builders.customers import viewed
from builders.events import event
from builders.merges import merges
from builders.orders import paid
from churn.domain.forecast.heard import SignalWeights
from churn.domain.forecast.version import prior_version
from churn.domain.model import Model
from churn.domain.score import Parameters
from churn.models.rows import insert_model
from harness.churn_service import Churn, crossings
from harness.in_process import NOON
from mandegar.database import transaction
from mandegar.events.ingest import OrderDelivered, TicketAnswered, TicketChanged
from mandegar.events.promises import PromiseMade

LEARNED = SignalWeights(Parameters(1.0, 2.0, 0.3, 2.0), -0.2, 0.5, 0.5, -2.5, -0.5, 0.3)
# A purchase every ten days, and none for the last seventeen weeks.
OFTEN = tuple(paid(f"o{days}", days=-days) for days in range(120, 300, 10))


async def row(churn: Churn, customer: str = "c"):
    return await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer)


async def hearing(churn: Churn) -> None:
    """The shop's newest version knows what signals are worth."""
    async with transaction(churn.context.worker) as connection:
        model = Model(1, prior_version()._replace(signals=LEARNED))
        day = churn.clock.now().date()
        assert await insert_model(connection, "s", model, fitted_at=churn.clock.now(), through=day, quality={})


@pytest.fixture
async def heard(churn: Churn) -> Churn:
    await hearing(churn)
    return churn


async def test_a_shop_whose_model_hears_nothing_keeps_signals_and_scores_as_before(churn):
    await churn.deliver(paid("o", days=-40), paid("p", days=-20, customer="d"))
    before = await churn.risk()
    assert (
        await churn.deliver(viewed("v", days=-1), event("ticket.opened", TicketChanged(ticket_id="t"), days=-1)) == []
    )

    after = await churn.risk()
    assert len((await row(churn))["signals"]) == 4 + 18
    assert (await row(churn, "d"))["signals"] == b""
    assert {name: after[name] for name in ("risk", "rise", "reasons", "band", "next_crossing")} == {
        name: before[name] for name in ("risk", "rise", "reasons", "band", "next_crossing")
    }


async def test_who_visits_comes_back_over_a_line_and_the_reasons_say_so(heard):
    await heard.deliver(*OFTEN)
    assert (await heard.risk())["band"] != "healthy"
    visits = [viewed(f"v{day}", days=-day / 2) for day in range(1, 60)]
    published = await heard.deliver(*visits)

    answer = await heard.risk(lang="en")
    assert answer["band"] == "healthy"
    assert crossings(published)[-1][1] == "healthy"
    told = {reason["code"]: reason for reason in answer["reasons"]}
    assert told["still_visits"]["weight"] < 0
    assert told["still_visits"]["text"].startswith("Still visits the shop, last")
    assert sum(round(reason["weight"] * 10**6) for reason in answer["reasons"]) == round(answer["rise"] * 10**6)
    assert await heard.invariant_violations() == []


async def test_a_promise_that_is_not_kept_crosses_a_line_when_it_was_due(heard):
    due_at = NOON + timedelta(days=4)
    made = PromiseMade(promise_id="p", kind="delivery", due_at=due_at, order_id="o")
    await heard.deliver(paid("o"), event("promise.made", made))
    await heard.deliver(paid("o2", customer="d"), event("promise.made", made, customer="d"))
    kept = event("order.delivered", OrderDelivered(order_id="o"), days=2, customer="d")
    await heard.deliver(kept)

    announced = (await heard.risk())["next_crossing"]
    assert announced["at"] == due_at.isoformat().replace("+00:00", "Z")
    heard.clock.set(due_at)
    crossed = await heard.pass_time()
    assert {each.customer_id for each in crossed} == {"c"}
    assert crossed[0].data.crossed_at == due_at
    heard.clock.set(due_at + timedelta(days=1))
    answer = await heard.risk(lang="fa")
    assert answer["reasons"][0]["code"] == "late_delivery"
    assert (await heard.risk("d"))["band"] == "healthy"
    assert await heard.invariant_violations() == []


async def test_an_answer_makes_a_complaint_weigh_less(heard):
    await heard.deliver(
        paid("o", days=-9), event("ticket.opened", TicketChanged(ticket_id="t", sentiment=-1.0), days=-5)
    )
    before = await heard.risk()
    await heard.deliver(event("ticket.answered", TicketAnswered(ticket_id="t"), days=-1))
    after = await heard.risk()

    assert after["risk"] < before["risk"]
    assert (await row(heard))["last_event_at"] == event("ticket.opened", TicketChanged(ticket_id="t"), days=-5).time


async def test_signals_follow_a_browser_to_its_customer_and_move_the_band(heard):
    await heard.deliver(*OFTEN)
    await heard.deliver(*(viewed(f"v{day}", days=-day / 2, customer="a_1") for day in range(1, 60)))
    assert (await heard.risk())["band"] != "healthy"
    await heard.deliver(*merges("a_1", "c"))

    assert (await heard.risk())["band"] == "healthy"
    assert (await row(heard, "a_1"))["signals"] == b""
    assert await heard.invariant_violations() == []


async def test_a_rebuild_would_find_the_same_signals_in_any_order(heard):
    acts = [paid("o", days=-9), *(viewed(f"v{day}", days=-day) for day in range(8))]
    acts.append(event("ticket.opened", TicketChanged(ticket_id="t"), days=-5))
    acts.append(event("ticket.closed", TicketChanged(ticket_id="t"), days=-4))
    await heard.deliver(*acts)
    for act in reversed(acts):
        await heard.deliver(structs.replace(act, id=uuid4(), customer_id="d"))

    one, other = await row(heard), await row(heard, "d")
    assert one["signals"] == other["signals"]
    assert (one["band"], one["due_at"], one["band_since"]) == (other["band"], other["due_at"], other["band_since"])
