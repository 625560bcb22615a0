"""What may be expected of a customer, how sure that is, and what would change it."""

from typing import NamedTuple

from churn.domain.forecast.act import Act, one_order
from churn.domain.forecast.confidence import learned_of
from churn.domain.forecast.curve import before_silence
from churn.domain.forecast.heard import Heard, hear
from churn.domain.forecast.outlook import Outlook, outlook, purchase_value
from churn.domain.orders import UNITS
from churn.domain.standing import Moment, Standing


class Prospect(NamedTuple):
    """``learned`` is the share of the score that is learned from the shop's orders; ``act`` is None on the day of the
    last purchase, when another order changes nothing."""

    outlook: Outlook
    learned: float
    act: Act | None


def _heard(standing: Standing, moment: Moment) -> Heard | None:
    """What signals add to the customer if they buy on the day of the moment."""
    days = standing.days
    today_ends = days.end_of(days.day_of(moment.at_us))
    return hear(standing.signals, standing.model.numbers.signals, standing.statistics.x + 1, today_ends)


def prospect_of(standing: Standing, moment: Moment) -> Prospect:
    """The prospect at a moment."""
    statistics, version = standing.statistics, standing.model.numbers
    purchases = statistics.x + 1
    net = statistics.net / UNITS
    days = standing.days_since_last_order(moment.at_us)
    along = standing.curve if days else before_silence(standing.curve)
    return Prospect(
        outlook=outlook(along, moment.silence, purchase_value(net, purchases, version), version),
        learned=learned_of(statistics.rhythm, version),
        act=one_order(statistics.rhythm, net / purchases, days, version, _heard(standing, moment)) if days else None,
    )
