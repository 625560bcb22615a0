"""Bands are published when they change: by a purchase, by silence, by a refund; once, and dated truly."""

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from builders.customers import viewed
from builders.orders import cancelled, order, paid, refund
from builders.shops import shop_updated
from churn.customers.rebuild import BAND_TYPES
from harness.churn_service import Churn, crossings, of_bands
from harness.in_process import NOON
from harness.waiting import eventually

BANDS = ("healthy", "cooling", "at_risk", "lost")


async def row(churn: Churn, customer: str = "c"):
    return await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer)


async def test_the_first_purchase_makes_a_customer_healthy(churn):
    (crossed,) = of_bands(await churn.deliver(paid("o", days=-1)))

    assert crossed.type == "band.crossed"
    assert (crossed.data.previous, crossed.data.band) == (None, "healthy")
    assert crossed.data.crossed_at == crossed.time == paid("o", days=-1).time
    assert crossed.causation_id == paid("o", days=-1).id
    assert (crossed.data.horizon_days, crossed.data.model_version, crossed.data.version) == (56, 0, 1)
    assert crossed.data.currency == "IRR"
    assert crossed.data.reasons[0].code == "recent_order"


async def test_an_order_that_was_not_paid_changes_nothing(churn):
    assert await churn.deliver(order("placed", "o", 50)) == []
    assert (await churn.risk())["band"] is None


async def test_silence_crosses_every_line_once_at_the_instant_that_was_announced(churn):
    await churn.deliver(paid("o"))
    for previous, band in pairwise(BANDS):
        announced = (await churn.risk())["next_crossing"]
        churn.clock.set(datetime.fromisoformat(announced["at"]))
        (crossed,) = of_bands(await churn.pass_time())

        assert announced["band"] == crossed.data.band == band
        assert crossed.data.previous == previous
        assert crossed.data.crossed_at == crossed.time == churn.clock.now()
        answer = await churn.risk()
        assert (answer["band"], answer["risk"]) == (band, crossed.data.risk)
        assert answer["value_at_risk"] == str(crossed.data.value_at_risk)
        assert [reason["code"] for reason in answer["reasons"]] == [reason.code for reason in crossed.data.reasons]

    assert (await churn.risk())["next_crossing"] is None
    assert await churn.pass_time(days=3_000) == []
    assert await churn.invariant_violations() == []


async def test_lines_crossed_while_nobody_looked_are_published_in_order(churn):
    await churn.deliver(paid("o"))
    late = of_bands(await churn.pass_time(days=1_000))

    assert crossings(late) == list(pairwise(BANDS))
    assert [event.time for event in late] == sorted(event.time for event in late)
    assert [event.data.version for event in late] == [2, 3, 4]


async def test_a_purchase_of_a_lost_customer_is_a_crossing_back(churn):
    await churn.deliver(paid("o"))
    await churn.pass_time(days=1_000)
    (crossed,) = of_bands(await churn.deliver(paid("p", days=1_000)))

    assert (crossed.data.previous, crossed.data.band) == ("lost", "healthy")
    assert crossed.data.crossed_at == paid("p", days=1_000).time


async def test_silence_is_settled_before_a_purchase_in_the_same_poll_is_applied(churn):
    await churn.deliver(paid("o", days=-1))
    churn.clock.set(paid("p", days=60).time)

    assert crossings(await churn.deliver(paid("p", days=60))) == [("healthy", "cooling"), ("cooling", "healthy")]


async def test_a_refund_of_the_last_order_takes_its_band_back(churn):
    await churn.deliver(paid("a", days=-200), paid("b", 50, days=-1))
    before = await churn.risk()
    (crossed,) = of_bands(await churn.deliver(refund("b", 50)))

    assert before["band"] == "healthy"
    assert crossed.data.band == "at_risk"
    assert crossed.data.crossed_at < NOON


@pytest.mark.parametrize("voided_by", [cancelled("a", version=2), refund("a", 50)])
async def test_a_customer_without_any_purchase_left_leaves_all_bands(churn, voided_by):
    await churn.deliver(paid("a", 50, days=-20))
    (left,) = of_bands(await churn.deliver(voided_by))
    answer = await churn.risk()
    card = (await churn.get("/v1/customers/c")).json()

    assert (left.type, left.data.previous, left.data.version) == ("band.left", "healthy", 2)
    assert (left.time, left.causation_id) == (left.data.left_at, voided_by.id) == (churn.clock.now(), voided_by.id)
    assert (answer["risk"], answer["band"], answer["next_crossing"], answer["reasons"]) == (None, None, None, [])
    assert (answer["band_since"], answer["value_at_risk"], answer["value_at_risk_as_of"]) == (None, None, None)
    assert {name: card[name] for name in answer} == answer
    assert sum((await churn.get("/v1/bands")).json()["bands"].values()) == 0
    assert await churn.pass_time(days=1_000) == []
    assert await churn.invariant_violations() == []


async def test_all_bands_are_left_once_and_a_new_purchase_enters_one_afresh(churn):
    await churn.deliver(paid("a", 50, days=-100), paid("b", 50, days=-90))
    first = of_bands(await churn.deliver(refund("a", 50), refund("b", 50)))
    again = await churn.deliver(cancelled("a", version=2), cancelled("b", version=2))
    (entered,) = of_bands(await churn.deliver(paid("d", 50)))

    assert [event.type for event in first][-1] == "band.left"
    assert again == []
    assert (entered.data.previous, entered.data.band) == (None, "healthy")
    assert entered.data.version == first[-1].data.version + 1
    assert entered.data.last_order_at == paid("d", 50).time


async def test_a_refund_in_the_history_of_another_source_leaves_all_bands_when_the_history_is_complete(churn):
    await churn.deliver(paid("a", 50, days=-20))
    silent = await churn.deliver(refund("a", 50, backfill=True))
    left = of_bands(await churn.pass_time(minutes=2))

    assert (silent, [event.type for event in left]) == ([], ["band.left"])
    assert (await row(churn))["band"] is None


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_published_agrees_with_the_orders_at_every_step(churn, seed):
    """Purchases, cancellations and refunds at random: the last event says the band that a read says, or none."""
    random, published = Random(seed), {}
    for step in range(30):
        churn.clock.advance(timedelta(days=random.choice([0, 1, 30, 90])))
        name, at = random.choice("cd"), (churn.clock.now() - NOON).total_seconds() / 86_400
        act = random.choice([
            paid(f"o{random.randrange(4)}", 50, days=at, customer=name, name=f"p{step}"),
            cancelled(f"o{random.randrange(4)}", version=random.randrange(3), customer=name, days=at, name=f"x{step}"),
            refund(f"o{random.randrange(4)}", random.choice([20, 50]), customer=name, days=at, name=f"r{step}"),
        ])  # fmt: skip
        for event in [*await churn.pass_time(), *await churn.deliver(act)]:
            if event.type not in BAND_TYPES:
                continue
            version, *before = published.get(event.customer_id, (0, None, None))
            previous = before[1] if event.type == "lifecycle.changed" else before[0]
            assert (event.data.version, event.data.previous) == (version + 1, previous)
            now_in = (getattr(event.data, name, None) for name in ("band", "lifecycle"))
            published[event.customer_id] = event.data.version, *now_in
        for customer, (_, band, _) in published.items():
            assert (await churn.risk(customer))["band"] == band
    assert await churn.invariant_violations() == []


HISTORY = [
    paid("a", days=-300),
    order("updated", "a", 70, version=2, days=-299),
    paid("b", days=-200),
    refund("b", 50, days=-190),
    paid("d", days=-150),
    cancelled("d", version=2, days=-149),
    paid("e", 20, days=-100),
    refund("e", 5, days=-99),
    viewed("v", days=-3),
]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_facts_in_any_order_and_repeated_end_in_the_same_row(churn, seed):
    await churn.deliver(*HISTORY)
    expected = dict(await row(churn))
    await churn.database.worker.execute("DELETE FROM customers")
    await churn.database.worker.execute("DELETE FROM kpi_changes")
    await churn.database.worker.execute("DELETE FROM inbox")
    shuffled = [*HISTORY, *HISTORY[:4]]
    Random(seed).shuffle(shuffled)
    for fact in shuffled:
        await churn.deliver(fact)

    counters = {"version": 0, "changed_in": 0, "stage_version": 0, "stage_since": None, "won_back_at": None}
    assert {**dict(await row(churn)), **counters} == {**expected, **counters}
    assert await churn.invariant_violations() == []


async def test_interactions_are_counted_and_leave_the_score_alone(churn):
    await churn.deliver(paid("o", days=-40))
    before = await churn.risk()
    await churn.deliver(viewed("v1", days=-2), viewed("v2", days=-1))

    assert (await churn.risk())["risk"] == before["risk"]
    stored = await row(churn)
    assert (stored["interactions"], stored["last_interaction_at"]) == (2, viewed("v2", days=-1).time)


async def test_a_shop_in_another_zone_is_computed_again_under_its_days(churn):
    first, second = paid("a", days=0.49), paid("b", days=0.51)  # around midnight in Tehran, noon in Los Angeles
    churn.clock.set(second.time)
    await churn.deliver(first, second)
    before = (await row(churn))["x"]
    await churn.deliver(shop_updated(2, zone="America/Los_Angeles"))
    async with churn.working():
        await eventually(lambda: row(churn), lambda stored: stored["zone"] == "America/Los_Angeles")

    assert before == 1
    assert (await row(churn))["x"] == 0


async def test_a_shop_in_no_known_zone_becomes_a_dead_letter(churn):
    await churn.deliver(shop_updated(2, zone="Mars/Olympus"), paid("o"))

    assert await churn.database.worker.fetchval("SELECT array_agg(code) FROM dead_letters") == ["not_applicable"]
    assert (await churn.risk())["band"] == "healthy"


async def test_a_version_no_database_can_hold_becomes_a_dead_letter_and_its_neighbours_go_on(churn):
    await churn.deliver(paid("a"), paid("b", version=2**70, customer="d"), paid("z", customer="e"))

    assert await churn.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 1
    assert (await churn.risk("e"))["band"] == "healthy"
