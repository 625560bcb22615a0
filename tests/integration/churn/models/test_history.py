"""A historical source: state at once, one crossing per customer at the end, under the model fitted to it."""

from datetime import timedelta

import pytest

from builders.orders import historic, paid
from builders.shops import source_closed
from churn.fitting.fit import fit
from churn.models import fit_when_due
from churn.models.child import FitFailed
from harness.cdnow import Cdnow
from harness.churn_service import Churn, crossings
from harness.in_process import NOON, PARTITIONS, SHOP
from harness.waiting import eventually

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


async def test_only_the_present_band_is_published_dated_at_its_true_crossing(churn):
    await churn.deliver(historic("a", days=-110), historic("b", days=-100), historic("d", days=-90))
    (crossed,) = await churn.pass_time(minutes=1)

    assert (crossed.data.previous, crossed.data.band) == (None, "at_risk")
    assert historic("d", days=-90).time < crossed.data.crossed_at < NOON
    assert not crossed.backfill


async def test_a_live_order_amid_history_waits_for_its_end(churn):
    assert await churn.deliver(historic("a", days=-400), paid("b")) == []
    assert crossings(await churn.pass_time(minutes=1)) == [(None, "healthy")]


async def test_a_closed_source_of_few_customers_settles_them_under_the_priors(churn):
    await churn.deliver(historic("a", days=-500))
    await churn.deliver(*CLOSINGS)
    async with churn.working():
        await eventually(lambda: under_version(churn, 0), lambda count: count == 1)

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
        await eventually(lambda: under_version(churn, 1), lambda count: count == 2_357, seconds=40)

    found = crossings(await churn.news())
    assert len(found) == 2_357
    assert {previous for previous, _ in found} == {None}


async def test_the_sample_ends_under_its_fit_with_scores_that_a_batch_computes_too(churn, cdnow):
    await deliver_in_polls(churn, cdnow_events(cdnow))
    await churn.deliver(*CLOSINGS)
    async with churn.working():
        await eventually(lambda: under_version(churn, 1), lambda count: count == 2_357, seconds=40)

    model = await churn.database.worker.fetchrow("SELECT * FROM models")
    through = cdnow.holdout_end - timedelta(days=1)
    expected = fit(cdnow.counts(through), through.toordinal())
    assert model["parameters"] == expected["mbg"]["parameters"]
    assert model["quality"]["customers"] == 2_357
    assert await churn.invariant_violations() == []

    counts = (await churn.get("/v1/bands")).json()["bands"]
    stored = await churn.database.worker.fetch("SELECT band, count(*) AS n FROM customers GROUP BY band")
    assert counts == {row["band"]: row["n"] for row in stored}
    assert sum(counts.values()) == 2_357
    assert min(counts.values()) > 50

    r, alpha, a, b = (model["parameters"][name] for name in ("r", "alpha", "a", "b"))
    days = cdnow.days_by_customer(cdnow.holdout_end)
    for customer in list(days)[::97]:
        of = days[customer]
        x, t_x, age = len(of) - 1, (of[-1] - of[0]) / 7, (cdnow.holdout_end.toordinal() - of[0]) / 7
        midnight = "2026-11-22T20:30:00Z"  # the end of the sample's last day in Tehran
        alive, left = (alpha + age) ** -(r + x), (alpha + t_x) ** -(r + x) * a / (b + x)
        risk = 1 - (alive - (alpha + age + 8) ** -(r + x)) / (alive + left)
        assert (await churn.risk(f"c-{customer}", at=midnight))["risk"] == pytest.approx(risk, abs=1e-9)


async def test_the_whole_history_a_second_time_changes_nothing(churn, cdnow):
    events = list(cdnow_events(cdnow))[:1_500]
    await deliver_in_polls(churn, events)
    await churn.pass_time(minutes=1)
    before = await churn.database.worker.fetch("SELECT * FROM customers ORDER BY customer_id")
    await deliver_in_polls(churn, events)

    assert await churn.pass_time() == []
    assert await churn.database.worker.fetch("SELECT * FROM customers ORDER BY customer_id") == before


async def test_a_daily_fit_brings_a_live_shop_under_a_model_of_its_own(churn, cdnow):
    live = [paid(event.data.order_id, event.data.total, days=(event.time - NOON).days, customer=event.customer_id)
            for event in cdnow_events(cdnow)]  # fmt: skip
    await deliver_in_polls(churn, live)
    async with churn.working():
        await eventually(lambda: under_version(churn, 1), lambda count: count == 2_357, seconds=40)
        churn.clock.advance(timedelta(days=1))
        await eventually(lambda: under_version(churn, 2), lambda count: count == 2_357, seconds=40)

    days = await churn.database.worker.fetch("SELECT through_day FROM models WHERE shop = $1 ORDER BY version", SHOP)
    assert [row["through_day"] for row in days] == [NOON.date() - timedelta(days=1), NOON.date()]
    assert await churn.invariant_violations() == []


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
