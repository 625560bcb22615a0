"""Since when a customer is healthy: the purchase since which no silence reached the first line."""

from collections.abc import Iterable

from churn.domain.model import Model
from churn.domain.score import curve, odds
from mandegar.calendar import ShopDays
from mandegar.quantities import WEEK_US


def healthy_since(backwards: Iterable[tuple[int, int, int]], first_day: int, model: Model, days: ShopDays) -> int:
    """The start of the healthy span of the last purchase, in microseconds since 1970.

    ``backwards`` has of each purchase the number of those before it, its day and its earliest payment, the last first.
    A fold of the purchases instead of a memory of the band, so that late orders and refunds lead to the same answer.
    """
    since_us: int | None = None
    for x, day, at_us in backwards:
        if since_us is not None and reached_first_line(model, days, first_day, x, day, since_us):
            return since_us
        since_us = at_us
    if since_us is None:
        raise ValueError("no purchase")
    return since_us


def reached_first_line(model: Model, days: ShopDays, first_day: int, x: int, day: int, next_at_us: int) -> bool:
    """Whether the silence after repeat purchase ``x``, on ``day``, until the next purchase reached the first line."""
    silence = max(0, next_at_us - days.end_of(day)) / WEEK_US
    if not silence:
        return False
    along = curve(model.parameters, x, (day - first_day) / 7, model.horizon_days / 7)
    return odds(along, 0.0).logit - odds(along, silence).logit >= model.drops[0]
