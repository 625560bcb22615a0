"""Where a customer stands: their purchases, and the curve that their score follows in silence. Worked out once."""

from collections.abc import Callable, Iterator
from functools import partial
from math import exp
from typing import NamedTuple

from churn.domain.forecast.curve import Curve, fresh_logit, logit_at
from churn.domain.forecast.heard import hear
from churn.domain.forecast.lines import lines_of, log_probability
from churn.domain.forecast.rhythm import FIRST_PURCHASE, after_purchase
from churn.domain.health import Purchased, curve_of, healthy_since
from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.purchases import Purchase, Statistics, purchases, statistics
from churn.domain.signals.state import NOTHING, Signals
from mandegar.calendar import ShopDays


class Moment(NamedTuple):
    """A customer's score at one instant, after ``silence`` weeks without a purchase: the logit of P(buys)."""

    at_us: int
    silence: float
    logit: float

    @property
    def risk(self) -> float:
        """P(no purchase within the horizon)."""
        return exp(log_probability(-self.logit))


class Standing(NamedTuple):
    """What bands, reasons and value are computed from.

    ``fresh`` is the score on the day of the last purchase, ``lines`` are the scores at which the bands after healthy
    begin. ``healthy_since`` returns the start of the healthy span of the last purchase, which not everybody needs.
    ``signals`` are what is known besides purchases.
    """

    statistics: Statistics
    model: Model
    days: ShopDays
    curve: Curve
    fresh: float
    lines: tuple[float, ...]
    healthy_since: Callable[[], int]
    signals: Signals = NOTHING

    def days_since_last_order(self, at_us: int) -> int:
        """Days of the shop's calendar from the last order to an instant; zero on its day."""
        return max(0, self.days.day_of(at_us) - self.statistics.last_day)

    def at(self, at_us: int) -> Moment:
        """The score at an instant."""
        silence, is_over = self.statistics.silence_weeks(at_us), at_us >= self.statistics.silent_from_us
        return Moment(at_us, silence, logit_at(self.curve, silence) if is_over else self.fresh)


def standing_under(
    folded: Statistics, model: Model, days: ShopDays, since: Callable[[], int], signals: Signals = NOTHING
) -> Standing:
    """The standing that statistics and signals give under a model; ``since`` returns the start of the last healthy
    span."""
    heard = hear(signals, model.numbers.signals, folded.x, folded.silent_from_us)
    along = curve_of(folded.rhythm, folded.net, model, heard)
    fresh = fresh_logit(along)
    return Standing(folded, model, days, along, fresh, lines_of(fresh), since, signals)


def standing_of(
    orders: Orders, model: Model, days: ShopDays, signals: Signals = NOTHING, until_us: int | None = None
) -> Standing | None:
    """The standing under a model and a calendar, folded from all orders; None before the first purchase.

    With ``until_us`` only orders paid by then count, as when looking back.
    """
    bought = purchases(orders, days, until_us)
    folded = statistics(bought, days)
    if folded is None:
        return None
    return standing_under(folded, model, days, partial(_healthy_since, bought, model, days), signals)


def _healthy_since(bought: list[Purchase], model: Model, days: ShopDays) -> int:
    return healthy_since(reversed([*_one_by_one(bought)]), model, days)


def _one_by_one(bought: list[Purchase]) -> Iterator[tuple[Purchased, int]]:
    rhythm, net, previous = FIRST_PURCHASE, 0, None
    for purchase in bought:
        if previous is not None:
            rhythm = after_purchase(rhythm, purchase.day - previous)
        net, previous = net + purchase.net, purchase.day
        yield Purchased(rhythm, net, purchase.day), purchase.at_us
