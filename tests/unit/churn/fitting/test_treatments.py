"""What is learned of a world with messages is what customers would have done without them, where there is a holdout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.fitting.calibration import calibration
from churn.fitting.fit_version import fit_version
from churn.fitting.purchases import Purchases
from churn.fitting.treatments import CARRY_DAYS, WITHHELD_MIN, Treatments, split, treatments_from
from mandegar.calendar import shop_days

DAYS, ORIGIN, HORIZON = 400, 300, 56
CUSTOMERS = 8_000


def world(seed: int, holdout: float, effect: float) -> tuple[Purchases, Purchases]:
    """Customers who buy at their own rate, and get a message on the 40th day of each silence, after which they buy
    ``effect`` times as often for four weeks; the same customers without messages.
    """
    dice = np.random.default_rng(seed)
    rate = dice.gamma(2.0, 1 / 120, CUSTOMERS)
    is_held = dice.random(CUSTOMERS) < holdout
    draws = dice.random((CUSTOMERS, DAYS))
    worlds = []
    for works in (effect, 1.0):
        last = np.zeros(CUSTOMERS, dtype=np.int64)
        until = np.full(CUSTOMERS, -1)
        bought = [(np.arange(CUSTOMERS), last.copy())]
        told = []
        for day in range(1, DAYS):
            reached = day - last == 40
            told.append((np.flatnonzero(reached), np.full(reached.sum(), day), is_held[reached]))
            until[reached & ~is_held] = day + 28
            buys = draws[:, day] < np.where(day <= until, rate * works, rate)
            last[buys] = day
            bought.append((np.flatnonzero(buys), np.full(buys.sum(), day)))
        customer, day = (np.concatenate(column) for column in zip(*bought, strict=True))
        purchases = Purchases(customer, day + 700_000, np.ones(len(day)))
        who, at, held = (np.concatenate(column) for column in zip(*told, strict=True))
        purchases.treatments = Treatments(who, at + 700_000, held)
        worlds.append(purchases)
    return worlds[0], worlds[1]


def share(purchases: Purchases, weights: str) -> float:
    """The share that buys within the horizon, of those who are silent for three to eight weeks."""
    day = ORIGIN + 700_000
    rhythms = purchases.on(day)
    found = purchases.split(rhythms, day, HORIZON)
    by = {"all": np.ones(CUSTOMERS), "naive": (~found.treated).astype(float), "ours": found.weights()}[weights]
    at_risk = (rhythms.silence > 3) & (rhythms.silence < 8)
    bought = purchases.bought(rhythms, day, HORIZON)
    return float(np.average(bought[at_risk], weights=by[at_risk]))


def test_with_a_holdout_the_treated_are_left_out_and_what_is_learned_is_what_happens_without_messages() -> None:
    ours, naive, left, truth = [], [], [], []
    for seed in range(5):
        treated, untouched = world(seed, holdout=0.2, effect=2.5)
        truth.append(share(untouched, "all"))
        ours.append(share(treated, "ours"))
        naive.append(share(treated, "all"))
        left.append(share(treated, "naive"))

    assert np.mean(naive) - np.mean(truth) > 0.08  # the treated buy more often
    assert np.mean(left) - np.mean(truth) > 0.07  # and leaving them out leaves those who bought before a message
    assert np.mean(ours) == pytest.approx(np.mean(truth), abs=0.035)


def test_without_a_holdout_nobody_is_left_out() -> None:
    treated, _ = world(1, holdout=0.0, effect=2.5)
    found = treated.split(treated.on(700_000 + ORIGIN), 700_000 + ORIGIN, HORIZON)

    assert found.treated.sum() > 500
    assert np.all(found.weights() == 1.0)


def test_a_version_and_its_calibration_go_by_the_weights() -> None:
    treated, untouched = world(2, holdout=0.2, effect=2.5)
    day, everybody = 700_000 + DAYS - 1, np.arange(CUSTOMERS)
    with_weights = fit_version(treated, day, everybody)
    truth = fit_version(untouched, day, everybody)
    bands = calibration(treated, day - HORIZON, with_weights)
    treated.treatments = treated.treatments._replace(withheld=np.zeros(len(treated.treatments.day), bool))
    without = fit_version(treated, day, everybody)

    assert sum(band["treated"] for band in bands.values()) > 100
    assert with_weights.intercept != without.intercept
    assert with_weights.horizon_weeks == truth.horizon_weeks
    assert sum(band["customers"] for band in bands.values()) == pytest.approx(CUSTOMERS, rel=0.02)


def one(messages: list[tuple[int, bool]], last: int, following: int) -> tuple[bool, bool]:
    told = Treatments(
        np.zeros(len(messages), np.int64),
        np.array([day for day, _ in messages], np.int64),
        np.array([withheld for _, withheld in messages], bool),
    )
    found = split(told, np.array([0]), np.array([last]), np.array([following]), 100, 56)
    return bool(found.treated[0]), bool(found.withheld[0])


@pytest.mark.parametrize(
    ("messages", "last", "following", "expected"),
    [
        ([(120, False)], 90, 500, (True, False)),  # before they buy
        ([(120, False)], 90, 110, (False, False)),  # bought before
        ([(120, False)], 90, 120, (True, False)),  # on the same day
        ([(157, False)], 90, 500, (False, False)),  # behind the window
        ([(156, False)], 90, 500, (True, False)),
        ([(95, False)], 90, 500, (True, False)),  # shortly before the window, in this silence
        ([(95, False)], 96, 500, (False, False)),  # in the silence before
        ([(100 - CARRY_DAYS, False)], 50, 500, (False, False)),  # long before
        ([(120, True)], 90, 500, (False, True)),
        ([(120, True), (130, False)], 90, 500, (True, False)),  # nobody is both
        ([], 90, 500, (False, False)),
    ],
)
def test_a_message_counts_that_is_sent_in_the_silence_whose_end_is_awaited(
    messages: list[tuple[int, bool]], last: int, following: int, expected: tuple[bool, bool]
) -> None:
    assert one(messages, last, following) == expected


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=200))
def test_weights_keep_the_number_of_customers_unless_too_few_stand_for_too_many(rows: list[tuple[int, bool]]) -> None:
    customers = np.arange(51)
    who, held = [row[0] for row in rows], [row[1] for row in rows]
    told = Treatments(np.array(who, np.int64), np.full(len(rows), 120), np.array(held, bool))
    found = split(told, customers, np.full(51, 90), np.full(51, 500), 100, 56)
    weights = found.weights()

    assert not (found.treated & found.withheld).any()
    assert weights.sum() == pytest.approx(51)
    assert np.all(weights[~found.treated & ~found.withheld] == 1.0)
    if found.withheld.sum() < WITHHELD_MIN:
        assert np.all(weights == 1.0)


def test_messages_of_customers_who_are_not_in_the_sample_are_left_out() -> None:
    days = shop_days("Asia/Tehran")
    told = [(0, 0, False), (3, 0, True), (7, 0, False)]
    found = treatments_from(told, np.array([3, 5]), days)

    assert (found.customer.tolist(), found.withheld.tolist()) == ([0], [True])
    assert len(treatments_from(told, np.zeros(0, np.int64), days).day) == 0
