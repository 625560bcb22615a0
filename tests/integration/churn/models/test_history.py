"""A historical source: state at once, one crossing per customer at the end, under the model fitted to it."""

from datetime import timedelta

import pytest

from builders.orders import historic, paid
from builders.shops import source_closed
from churn.domain.forecast.version import Version, prior_version, version_of
from churn.fitting.fit import fit
from churn.fitting.scoring import logits, sigmoid
from churn.models import fit_shop, fit_when_due
from churn.models.child import FitFailed
from harness.cdnow import Cdnow, flat
from harness.churn_service import Churn, crossings
from harness.in_process import NOON, PARTITIONS, SHOP
from harness.waiting import eventually

# A fit takes seconds of one core, and longer beside other work.
pytestmark = pytest.mark.timeout(400)

CLOSINGS = [source_closed(partition) for partition in range(PARTITIONS)]


def cdnow_events(cdnow: Cdnow):
    """The sample, shifted so that its last day is today."""
    shift = NOON.date() - cdnow.holdout_end
    for line in cdnow.lines:
        days = (line.day + shift - NOON.date()).days
        yield historic(f"line-{line.number}", line.amount, days=days, customer=f"c-{line.customer}")


async def deliver_in_polls(churn: Churn, events, size: int = 1_000) -> None:
    events = list(events)
    for start in range(0, len(events), size):
        await churn.deliver(*events[start : start + size])


async def under_version(churn: Churn, version: int) -> int:
    return await churn.database.worker.fetchval(
        "SELECT count(*) FROM customers WHERE model_version = $1 AND backfill_until IS NULL", version
    )


async def test_history_publishes_nothing_until_it_is_quiet(churn):
    assert await churn.deliver(historic("a", days=-500), historic("b", days=-400)) == []
    assert await churn.pass_time(seconds=29) == []
    assert crossings(await churn.pass_time(seconds=2)) == [(None, "at_risk")]


async def test_history_of_others_that_still_comes_in_makes_a_quiet_customer_wait(churn):
    await churn.deliver(historic("a", days=-500, customer="quiet"))
    await churn.pass_time(seconds=20)
    await churn.deliver(historic("b", days=-500, customer="busy"))

    assert await churn.pass_time(seconds=20) == []
    assert len(await churn.pass_time(seconds=20)) == 2


async def test_only_the_present_band_and_stage_are_published_the_band_dated_at_its_true_crossing(churn):
    await churn.deliver(historic("a", days=-170), historic("b", days=-160), historic("d", days=-150))
    crossed, staged = await churn.pass_time(minutes=1)

    assert (staged.type, staged.data.previous, staged.data.stage) == ("stage.changed", "awareness", "loyalty")
    assert (crossed.data.previous, crossed.data.band) == (None, "at_risk")
    assert historic("d", days=-150).time < crossed.data.crossed_at < NOON
    assert not crossed.backfill


async def test_a_live_order_amid_history_waits_for_its_end(churn):
    assert await churn.deliver(historic("a", days=-400), paid("b")) == []
    assert crossings(await churn.pass_time(minutes=1)) == [(None, "healthy")]


async def test_a_closed_source_of_one_customer_settles_them_under_their_fit(churn):
    """There is no minimum: what one customer tells is little, and it is told."""
    await churn.deliver(historic("a", days=-500))
    await churn.deliver(*CLOSINGS)
    async with churn.working():
        await eventually(lambda: under_version(churn, 1), lambda count: count == 1)

    assert crossings(await churn.news()) == [(None, "lost")]


async def test_no_model_is_fitted_before_every_partition_is_closed(churn, cdnow):
    await deliver_in_polls(churn, cdnow_events(cdnow))
    await churn.deliver(*CLOSINGS[:-1])
    async with churn.working():
        with pytest.raises(AssertionError):
            await eventually(
                lambda: churn.database.worker.fetchval("SELECT count(*) FROM models"),
                lambda count: count > 0,
                seconds=3,
            )
        assert await churn.news() == []

        await churn.deliver(CLOSINGS[-1])
        await eventually(lambda: under_version(churn, 1), lambda count: count == 2_357, seconds=150)

    found = crossings(await churn.news())
    assert len(found) == 2_357
    assert {previous for previous, _ in found} == {None}


async def test_the_sample_ends_under_its_fit_with_scores_that_a_batch_computes_too(churn, cdnow):
    await deliver_in_polls(churn, cdnow_events(cdnow))
    await churn.deliver(*CLOSINGS)
    async with churn.working():
        await eventually(lambda: under_version(churn, 1), lambda count: count == 2_357, seconds=150)

    model = await churn.database.worker.fetchrow("SELECT * FROM models")
    day = cdnow.holdout_end.toordinal() - 1
    expected = fitted(cdnow, day)
    assert flat(version_of(model["numbers"])) == pytest.approx(flat(expected), rel=1e-6)
    assert model["parameters"] == version_of(model["numbers"]).population._asdict()
    assert model["quality"]["customers"] == 2_357
    assert await churn.invariant_violations() == []

    counts = (await churn.get("/v1/bands")).json()["bands"]
    stored = await churn.database.worker.fetch("SELECT band, count(*) AS n FROM customers GROUP BY band")
    assert counts == {row["band"]: row["n"] for row in stored}
    assert sum(counts.values()) == 2_357
    assert min(counts.values()) > 50

    purchases = cdnow.purchases()
    bought = sigmoid(logits(purchases.on(purchases.last_day), expected))
    midnight = "2026-11-22T20:30:00Z"  # the end of the sample's last day in Tehran
    for place, customer in [*enumerate(sorted(cdnow.days_by_customer(cdnow.holdout_end)))][::97]:
        answer = await churn.risk(f"c-{customer}", at=midnight)
        assert answer["risk"] == pytest.approx(1 - bought[place], abs=1e-7)


def fitted(cdnow: Cdnow, day: int) -> Version:
    known = cdnow.purchases([line for line in cdnow.lines if line.day.toordinal() <= day])
    return version_of(fit(known, day, prior_version().numbers())["numbers"])


async def test_the_whole_history_a_second_time_changes_nothing(churn, cdnow):
    events = list(cdnow_events(cdnow))[:1_500]
    await deliver_in_polls(churn, events)
    await churn.pass_time(minutes=1)
    before = await churn.database.worker.fetch("SELECT * FROM customers ORDER BY customer_id")
    await deliver_in_polls(churn, events)

    assert await churn.pass_time() == []
    assert await churn.database.worker.fetch("SELECT * FROM customers ORDER BY customer_id") == before


async def test_a_daily_fit_brings_a_live_shop_under_a_model_of_its_own(churn, cdnow, monkeypatch):
    monkeypatch.setattr(fit_shop, "MOVES_MIN", 0.0)
    await deliver_in_polls(churn, live(cdnow), 200)
    async with churn.working():
        await eventually(lambda: under_version(churn, 1), lambda count: count == 2_357, seconds=150)
        churn.clock.advance(timedelta(days=1))
        await eventually(lambda: under_version(churn, 2), lambda count: count == 2_357, seconds=150)

    days = await churn.database.worker.fetch("SELECT through_day FROM models WHERE shop = $1 ORDER BY version", SHOP)
    assert [row["through_day"] for row in days] == [NOON.date() - timedelta(days=1), NOON.date()]
    assert await churn.invariant_violations() == []


async def test_a_fit_that_says_hardly_anything_else_is_not_put_in_force(churn, cdnow):
    """The next day's: customers near a line would cross it back and forth with each day's version."""
    await deliver_in_polls(churn, live(cdnow), 200)
    first = await fit_shop.fit_shop(churn.context, SHOP, churn.clock.now())
    again = await fit_shop.fit_shop(churn.context, SHOP, churn.clock.now() + timedelta(days=1))
    later = await fit_shop.fit_shop(churn.context, SHOP, churn.clock.now() + timedelta(days=120))

    assert (first, again, later) == (1, 1, 2)


def live(cdnow: Cdnow):
    return [
        paid(event.data.order_id, event.data.total, days=(event.time - NOON).days, customer=event.customer_id)
        for event in cdnow_events(cdnow)
    ]


async def test_customers_of_a_shop_whose_fit_keeps_failing_settle_under_the_present_model(churn, monkeypatch):
    tried = []

    async def fails(_context, shop, _now):
        tried.append(shop)
        raise FitFailed("the child was killed")

    monkeypatch.setattr(fit_when_due, "fit_shop", fails)
    monkeypatch.setattr(fit_when_due, "LOOK_SECONDS", 0.05)
    await churn.deliver(historic("a", days=-500))
    await churn.deliver(*CLOSINGS)
    async with churn.working():
        await eventually(lambda: under_version(churn, 0), lambda count: count == 1)

    assert len(tried) in {fit_when_due.ATTEMPTS_MAX, fit_when_due.ATTEMPTS_MAX + 1}, "for the history, then for the day"
    assert crossings(await churn.news()) == [(None, "lost")]
