"""How much of what customers pay later the top of a list holds, by the order of the list."""

from typing import Final, NamedTuple

import numpy as np

from churn.domain.forecast.version import Version
from churn.fitting.likelihood import Floats
from churn.fitting.purchases import Purchases, Rhythms
from churn.fitting.scoring import logits, sigmoid

TOP: Final = 0.1
ORDERS: Final = ("stake", "past_spend")


class Held(NamedTuple):
    """Later revenue of the top of a list, and of the whole list."""

    top: float
    whole: float


def held(purchases: Purchases, rhythms: Rhythms, day: int, horizon_days: int, version: Version) -> dict[str, Held]:
    """For each order of a list of these customers, what its top tenth pays within the horizon."""
    later = purchases.revenue(rhythms, day, horizon_days)
    keys = {
        "stake": stakes(rhythms, version),
        "past_spend": rhythms.net,
    }
    top = int(np.ceil(len(later) * TOP))
    whole = float(later.sum())
    return {name: Held(float(later[np.argsort(-key, kind="stable")[:top]].sum()), whole) for name, key in keys.items()}


def stakes(rhythms: Rhythms, version: Version) -> Floats:
    """What a contact could win back: P(1-P), by which a small push of the logit moves P, times the orders' worth."""
    p = sigmoid(logits(rhythms, version))
    r, alpha, _, _ = version.population
    rate = (r + rhythms.x) / (alpha + rhythms.t_x + rhythms.silence)
    worth = (rhythms.net + 2.0 * version.mean_order) / (rhythms.orders + 2.0)
    found: Floats = p * (1.0 - p) * version.horizon_weeks * rate * worth
    return found
