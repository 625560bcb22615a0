"""What the calendar makes of the coming weeks: buyers seen against expected, by week, continued by a Gaussian process.

Yesterday's level says little about the next eight weeks; the same weeks of earlier years say much. So the process knows
the year, and the level stays 1 until there is more than one.
"""

from typing import Final

import numpy as np
from scipy.special import expit, logit

from churn.domain.forecast.version import Version
from churn.fitting.likelihood import Floats, Ints
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import base_logits, closed_form, corrected_logits, sigmoid

HISTORY_MIN_WEEKS: Final = 56
WEEKS_SKIPPED: Final = 4
YEAR_WEEKS: Final = 52.18
# What a week's count adds to its own noise: a Poisson count of E has a variance of 1/E in logs, and orders cluster.
_OVERDISPERSION: Final = 1.5
_NOISE: Final = 0.03**2


def fit_level(purchases: Purchases, customers: Ints, day: int, version: Version) -> float:
    """The factor on the coming horizon, 1 for a shop that is younger than ``HISTORY_MIN_WEEKS``."""
    if day - purchases.first_day < HISTORY_MIN_WEEKS * 7:
        return 1.0
    ahead, seen, expected = [], [], []
    week = 0
    while (begin := day - 7 * (week + 1)) >= purchases.first_day + WEEKS_SKIPPED * 7:
        rhythms = purchases.on(begin, customers)
        ahead.append(-week - 1.0)
        seen.append(float(np.sum(purchases.bought(rhythms, begin, 7))))
        logits = closed_form(version.population, rhythms.x, rhythms.t_x, rhythms.silence, 1.0)
        expected.append(float(np.sum(sigmoid(logits))))
        week += 1
    weeks, count = np.array(ahead), np.array(expected)
    swing = np.log((np.array(seen) + 1.0) / (count + 1.0))
    noise = _OVERDISPERSION / (count + 1.0) + _NOISE
    coming = np.arange(round(version.horizon_weeks), dtype=np.float64)
    covariance = _kernel(weeks[:, None] - weeks) + np.diag(noise)
    mean = _kernel(coming[:, None] - weeks) @ np.linalg.solve(covariance, swing)
    return float(np.exp(np.mean(mean)))


def fit_shift(purchases: Purchases, customers: Ints, day: int, version: Version, bias: float) -> float:
    """The shift of the corrected logits that makes their mean probability that of the closed form at its level.

    Or that moved by the ``bias`` of the closed form, in logits.
    """
    rhythms = purchases.on(day, customers)
    if not len(rhythms.x):
        return 0.0
    target = float(expit(logit(np.mean(sigmoid(base_logits(rhythms, version)))) + bias))
    corrected = corrected_logits(rhythms, version._replace(shift=0.0))
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.mean(sigmoid(corrected + middle))) < target:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _kernel(weeks: Floats) -> Floats:
    """The covariance of two weeks' levels by the weeks between them: for ever, months, weeks, and the same season."""
    apart = np.abs(weeks)
    season = np.exp(-2.0 * np.sin(np.pi * apart / YEAR_WEEKS) ** 2 / 0.47**2 - apart / 1000.0)
    total: Floats = 0.05**2 + 0.10**2 * np.exp(-apart / 40.0) + 0.05**2 * np.exp(-apart / 3.0) + 0.20**2 * season
    return total
