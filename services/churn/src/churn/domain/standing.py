"""Where a customer stands: their purchases, and the curve that their score follows in silence. Worked out once."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from churn.domain.health import healthy_since
from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.purchases import Purchase, Statistics, purchases, statistics
from churn.domain.score import Curve, Odds, curve, odds
from mandegar.calendar import ShopDays


class Moment(NamedTuple):
    """A customer's chances at one instant, after ``silence`` weeks without a purchase."""

    at_us: int
    silence: float
    odds: Odds


class Standing(NamedTuple):
    """What bands, reasons and value are computed from; ``fresh`` are the chances on the day of the last purchase.

    ``healthy_since`` returns the start of the healthy span of the last purchase, which not everybody needs.
    """

    statistics: Statistics
    model: Model
    days: ShopDays
    curve: Curve
    fresh: Odds
    healthy_since: Callable[[], int]

    def days_since_last_order(self, at_us: int) -> int:
        """Days of the shop's calendar from the last order to an instant; zero on its day."""
        return max(0, self.days.day_of(at_us) - self.statistics.last_day)

    def at(self, at_us: int) -> Moment:
        """The chances at an instant."""
        silence = self.statistics.silence_weeks(at_us)
        return Moment(at_us, silence, odds(self.curve, silence) if silence else self.fresh)


def standing_under(folded: Statistics, model: Model, days: ShopDays, since: Callable[[], int]) -> Standing:
    """The standing that statistics give under a model; ``since`` returns the start of the last healthy span."""
    along = curve(model.parameters, folded.x, folded.t_x, model.horizon_days / 7)
    return Standing(folded, model, days, along, odds(along, 0.0), since)


def standing_of(orders: Orders, model: Model, days: ShopDays, until_us: int | None = None) -> Standing | None:
    """The standing under a model and a calendar, folded from all orders; None before the first purchase.

    With ``until_us`` only orders paid by then count, as when looking back.
    """
    bought = purchases(orders, days, until_us)
    folded = statistics(bought, days)
    if folded is None:
        return None
    return standing_under(folded, model, days, partial(_healthy_since, bought, model, days))


def _healthy_since(bought: list[Purchase], model: Model, days: ShopDays) -> int:
    backwards = ((x, bought[x].day, bought[x].at_us) for x in range(len(bought) - 1, -1, -1))
    return healthy_since(backwards, bought[0].day, model, days)
