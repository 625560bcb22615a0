"""The smallest act of a customer that brings them back over every line: one order, of any amount.

A visit helps some customers, and none surely; a day with an order is fresh by definition, so one is enough. It also
makes good what the customer was unhappy of.
What differs between customers is how much it changes, and for how long.
"""

from math import exp, floor, isinf
from typing import Final, NamedTuple

from churn.domain.forecast.crossing import silence_until
from churn.domain.forecast.curve import fresh_logit, prepare
from churn.domain.forecast.heard import Heard
from churn.domain.forecast.lines import lines_of, log_probability
from churn.domain.forecast.rhythm import Rhythm, after_purchase
from churn.domain.forecast.version import Version

# Weeks of silence beyond this are told as never.
_WEEKS_MAX: Final = 520.0


class Act(NamedTuple):
    """One order today: the risk after it, and for how many days without a further one the customer stays healthy (None
    for more than ten years)."""

    risk: float
    healthy_days: int | None


def one_order(rhythm: Rhythm, mean_value: float, days_silent: int, version: Version, heard: Heard | None = None) -> Act:
    """What an order of the customer's mean value changes, ``days_silent`` days after the last purchase.
    ``heard`` is what signals add to a customer who has bought today.

    On the day of the last purchase another order is the same purchase, and changes nothing.
    """
    after = after_purchase(rhythm, days_silent) if days_silent > 0 else rhythm
    curve = prepare(after, mean_value, version, heard)
    fresh = fresh_logit(curve)
    weeks = silence_until(curve, lines_of(fresh)[0])
    return Act(exp(log_probability(-fresh)), None if isinf(weeks) or weeks > _WEEKS_MAX else floor(weeks * 7))
