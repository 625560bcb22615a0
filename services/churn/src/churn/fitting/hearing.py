"""What a shop's signals are worth: weights learned beside the score by purchases, and the trust that each group earns.

The score by purchases stays as it is. Weights are drawn towards none; a group counts only as far as versions of the
past, whose outcome is known by now, would have been better with it.
"""

from collections.abc import Sequence
from itertools import product
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import Bounds, minimize

from churn.domain.forecast.heard import SignalWeights
from churn.domain.forecast.version import Version
from churn.domain.score import Parameters
from churn.fitting.correction import horizon_days, outcomes
from churn.fitting.likelihood import Floats, Ints, cells_of
from churn.fitting.population import fit_population
from churn.fitting.purchases import Purchases, Rhythms
from churn.fitting.scoring import (
    effective_weights,
    log_losses,
    logits,
    logits_by_purchases,
    sigmoid,
    signal_features,
)

# The trusts that are compared, for visits and for experiences.
GRID: Final = tuple(product((0.0, 0.25, 0.5, 0.75, 1.0), repeat=2))
# What a trust of one costs, in log loss summed over customers: a worth below it is not believed.
_COST: Final = 12.0
_TRUST_HALF_LIFE_DAYS: Final = 182.0
# The intercept, and the weights in the order of ``SignalWeights``; slope beyond -1 would turn the score round.
_SDS: Final = np.array([0.5, 0.3, 0.3, 0.5, 0.5, 0.5, 0.3])
_BOUNDS: Final = Bounds(
    [-np.inf, -0.9, 0.0, 0.0, -np.inf, -np.inf, 0.0], [np.inf, np.inf, np.inf, np.inf, 0.0, 0.0, np.inf]
)
# Fewer visits, or experiences, than these teach nothing.
_VISITS_MIN: Final = 50
_EXPERIENCES_MIN: Final = 20
# A shop whose visits of the last week are fewer than this share of those of a usual week has stopped sending them.
_STILL_SENT: Final = 0.25
_USUAL_WEEKS: Final = 8


class MaturedSignals(NamedTuple):
    """The log loss of a version's ``day``, summed over customers, for each trust of ``GRID``."""

    day: int
    losses: Floats


def fit_signals(purchases: Purchases, customers: Ints, day: int, version: Version) -> Version:
    """The version with the weights of signals as they were known at the end of a day; none where there are none."""
    sent = signals_sent(purchases, day)
    if purchases.signals is None or not any(sent):
        return version
    horizon, flat = horizon_days(version), version._replace(level=1.0, shift=0.0)
    visits = _fit_visits(purchases.on(day, customers))
    rows, based, bought, weights = [], [], [], []
    for seen in outcomes(purchases, customers, day, horizon):
        base = logits_by_purchases(seen.rhythms, flat)
        rows.append(signal_features(seen.rhythms, visits, base))
        based.append(base)
        bought.append(seen.bought)
        weights.append(seen.weights)
    if not rows:
        return version
    base, outcome, weight = np.hstack(based), np.hstack(bought).astype(np.float64), np.hstack(weights)
    design = np.vstack([np.ones(len(base)), np.hstack(rows)])
    design[1:4] *= sent[0]
    design[4:] *= sent[1]
    size = max(float(weight.sum()), 1.0)

    def loss(coefficients: Floats) -> tuple[float, Floats]:
        logit = base + coefficients @ design
        value = float(weight @ log_losses(logit, outcome)) + 0.5 * float(np.sum((coefficients / _SDS) ** 2))
        slope = design @ (weight * (sigmoid(logit) - outcome)) + coefficients / _SDS**2
        return value / size, slope / size

    found = minimize(loss, np.zeros(7), jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 200})
    slope, alive, recent, unhappy, unhappy_first, glad = (float(value) for value in found.x[1:])
    of_visits, of_experience = map(float, sent)
    learned = SignalWeights(visits, slope, alive, recent, unhappy, unhappy_first, glad, of_visits, of_experience)
    return version._replace(signals=learned)


def signals_sent(purchases: Purchases, day: int) -> tuple[bool, bool]:
    """Whether a shop sends visits, and whether it sends experiences, at the end of a day."""
    log = purchases.signals
    if log is None:
        return False, False
    usual = log.visits_between(day - 7 * (_USUAL_WEEKS + 1), day - 7) / _USUAL_WEEKS
    last = log.visits_between(day - 7, day)
    visits = log.visits_between(day - 7 * _USUAL_WEEKS, day) >= _VISITS_MIN and last >= _STILL_SENT * usual
    return visits, log.experiences_by(day) >= _EXPERIENCES_MIN


def matured_signals(purchases: Purchases, customers: Ints, day: int, version: Version) -> MaturedSignals | None:
    """What each trust in signals would have cost the version of a day; None if it has no signals."""
    if version.signals is None:
        return None
    rhythms = purchases.on(day, customers)
    horizon = horizon_days(version)
    bought = purchases.bought(rhythms, day, horizon).astype(np.float64)
    weights, losses = purchases.split(rhythms, day, horizon).weights(), []
    for trusts in GRID:
        heard = _levelled(rhythms, version._replace(signals=_trusting(version.signals, *trusts)))
        losses.append(float(weights @ log_losses(logits(rhythms, heard), bought)))
    return MaturedSignals(day, np.array(losses))


def hearing(
    purchases: Purchases, customers: Ints, day: int, version: Version, matured: Sequence[MaturedSignals | None]
) -> Version:
    """The version of a day with the trust in signals that matured versions have earned; without them, if it is none."""
    if version.signals is None:
        return version
    total = np.array([_COST * sum(trusts) for trusts in GRID])
    horizon = horizon_days(version)
    for past in matured:
        if past is not None and (since := day - horizon - past.day) >= 0:
            total = total + 2.0 ** (-since / _TRUST_HALF_LIFE_DAYS) * (past.losses - past.losses[0])
    signals = _trusting(version.signals, *GRID[int(np.argmin(total))])
    if not (signals.trust_visits or signals.trust_experience):
        return version._replace(signals=None)
    return _levelled(purchases.on(day, customers), version._replace(signals=signals))


def _trusting(signals: SignalWeights, visits: float, experience: float) -> SignalWeights:
    """The weights with these trusts; a group that the shop does not send stays without."""
    visits *= bool(signals.trust_visits)
    experience *= bool(signals.trust_experience)
    return signals._replace(trust_visits=visits, trust_experience=experience, shift=0.0)


def _levelled(rhythms: Rhythms, version: Version) -> Version:
    """The version with the shift that leaves the mean probability where purchases alone have put it."""
    if version.signals is None or not len(rhythms.x):
        return version
    base = logits_by_purchases(rhythms, version)
    heard = base + effective_weights(version.signals) @ signal_features(rhythms, version.signals.visits, base)
    target, low, high = float(np.mean(sigmoid(base))), -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.mean(sigmoid(heard + middle))) < target:
            low = middle
        else:
            high = middle
    return version._replace(signals=version.signals._replace(shift=(low + high) / 2))


def _fit_visits(rhythms: Rhythms) -> Parameters:
    """MBG/NBD over days with a visit, by maximum a posteriori; weeks are whole, as there are many days."""
    if rhythms.heard is None:
        raise ValueError("no signals")
    seen = rhythms.heard.visits > 0
    x, t_x, unseen = rhythms.heard.visits[seen] - 1.0, rhythms.heard.t_x[seen], rhythms.heard.unseen[seen]
    whole = np.column_stack([x, np.round(t_x), np.round(t_x) + np.round(unseen)])
    distinct, number = np.unique(whole, axis=0, return_counts=True)
    x, t_x, age = distinct.T
    return fit_population(cells_of(x, t_x, age, number.astype(np.float64)))
