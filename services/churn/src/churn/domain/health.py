"""Since when a customer is healthy: the purchase since which no silence reached the first line."""

from collections.abc import Iterable
from typing import NamedTuple

from churn.domain.forecast.curve import Curve, logit_at, prepare
from churn.domain.forecast.heard import Heard
from churn.domain.forecast.lines import lines_of
from churn.domain.forecast.rhythm import Rhythm
from churn.domain.model import Model
from churn.domain.orders import UNITS
from mandegar.calendar import ShopDays
from mandegar.quantities import WEEK_US


class Purchased(NamedTuple):
    """What the score read after a purchase on ``day``: the rhythm and the net until then."""

    rhythm: Rhythm
    net: int
    day: int


def curve_of(rhythm: Rhythm, net: int, model: Model, heard: Heard | None = None) -> Curve:
    """The curve of a customer with this rhythm, whose purchases had this net together, in units."""
    return prepare(rhythm, net / UNITS / (rhythm.x + 1), model.numbers, heard)


def healthy_since(backwards: Iterable[tuple[Purchased, int]], model: Model, days: ShopDays) -> int:
    """The start of the healthy span of the last purchase, in microseconds since 1970.

    ``backwards`` has each purchase with its earliest payment, the last first. A fold of the purchases instead of a
    memory of the band, so that late orders and refunds lead to the same answer. Silence is judged by purchases alone:
    a visit in it ends no healthy span and begins none.
    """
    since_us: int | None = None
    for purchased, at_us in backwards:
        if since_us is not None and reached_first_line(purchased, model, days, since_us):
            return since_us
        since_us = at_us
    if since_us is None:
        raise ValueError("no purchase")
    return since_us


def reached_first_line(purchased: Purchased, model: Model, days: ShopDays, next_at_us: int) -> bool:
    """Whether the silence after a purchase, until the next one, reached the first line."""
    silence = max(0, next_at_us - days.end_of(purchased.day)) / WEEK_US
    if not silence:
        return False
    along = curve_of(purchased.rhythm, purchased.net, model)
    return logit_at(along, silence) <= lines_of(logit_at(along, 0.0))[0]
