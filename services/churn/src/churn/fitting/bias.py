"""How far more, or fewer, customers buy within a horizon than the closed form says, where the level is known.

Customers who buy like clockwork buy as often in a week as the closed form says, and yet more of them buy within a
horizon, because each buys once before any buys twice. So what happened in a matured window is held against the closed
form at the level that its own weeks had: seasons, growth and decline are in both, and what differs in all windows alike
is the shop's kind.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.special import expit, logit

from churn.domain.forecast.version import Version
from churn.fitting.correction import WINDOW_EVERY_DAYS, horizon_days, windows
from churn.fitting.likelihood import Floats, Ints
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import closed_form, sigmoid

# Before its data, one shop in ten is of a kind whose bias is normal with this deviation; that of the others is next to
# none. In logits.
_SOME: Final = 0.1
_SOME_SD: Final = 0.4
_NONE_SD: Final = 0.03
# A whole year of windows: what a season leaves in each of them is not the shop's kind.
_WINDOWS: Final = 13
# What windows have beside the chance of each customer: one on its own, and all of a shop together.
_WINDOW_SD: Final = 0.08
_SHOP_SD: Final = 0.04


class Window(NamedTuple):
    """Of so many ``customers`` these ``bought`` within a horizon, and were ``expected`` to at the level of then."""

    customers: float
    bought: float
    expected: float


def fit_bias(purchases: Purchases, customers: Ints, day: int, version: Version) -> float:
    """The bias of the closed form's mean, in logits; next to 0 unless the shop's own windows say otherwise."""
    horizon = horizon_days(version)
    origins = [*windows(purchases, day, horizon, _WINDOWS)]
    levels = _levels(purchases, customers, np.array(origins), version)
    seen = []
    for origin, level in zip(origins, levels, strict=True):
        rhythms = purchases.on(origin, customers)
        weeks = version.horizon_weeks * level
        expected = closed_form(version.population, rhythms.x, rhythms.t_x, rhythms.silence, weeks)
        bought = float(np.sum(purchases.bought(rhythms, origin, horizon)))
        seen.append(Window(len(rhythms.x), bought, float(np.sum(sigmoid(expected)))))
    return believed(seen, horizon)


def believed(seen: Sequence[Window], horizon: int) -> float:
    """The bias that windows of a ``horizon`` in days, which overlap, make believe: the mean of its posterior."""
    if not seen:
        return 0.0
    customers, bought, expected = np.array(seen, dtype=np.float64).T
    errors = logit((bought + 1.0) / (customers + 2.0)) - logit((expected + 1.0) / (customers + 2.0))
    weights = 1.0 / (1.0 / (bought + 1.0) + 1.0 / (customers - bought + 1.0) + _WINDOW_SD**2)
    mean = float(weights @ errors / np.sum(weights))
    variance = max(horizon / WINDOW_EVERY_DAYS, 1.0) / float(np.sum(weights)) + _SHOP_SD**2
    priors = np.array([_NONE_SD, _SOME_SD]) ** 2
    none, some = -0.5 * mean**2 / (priors + variance) - 0.5 * np.log(priors + variance)
    is_some = float(expit(some - none + logit(_SOME)))
    return mean * float(np.array([1.0 - is_some, is_some]) @ (priors / (priors + variance)))


def _levels(purchases: Purchases, customers: Ints, origins: Ints, version: Version) -> Floats:
    """Buyers seen against expected in the weeks behind each origin, of who was a customer by then."""
    weeks = max(horizon_days(version) // 7, 1)
    seen, expected = np.zeros(len(origins)), np.zeros(len(origins))
    for begin in sorted({int(origin) + 7 * week for origin in origins for week in range(weeks)}):
        rhythms = purchases.on(begin, customers)
        since = purchases.day[purchases.start[rhythms.customer]]
        bought = purchases.bought(rhythms, begin, 7)
        chance = sigmoid(closed_form(version.population, rhythms.x, rhythms.t_x, rhythms.silence, 1.0))
        for place in np.flatnonzero((origins <= begin) & (begin < origins + 7 * weeks)):
            known = since <= origins[place]
            seen[place] += np.count_nonzero(bought & known)
            expected[place] += np.sum(chance[known])
    levels: Floats = (seen + 1.0) / (expected + 1.0)
    return levels
