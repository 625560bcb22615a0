"""Where a customer is in their life with the shop: a function of facts, of the model and of the band of now.

While healthy: ``new`` after one day with orders, ``won_back`` since a purchase that ended a silence of those at risk or
lost, else ``active``. Otherwise the band. So nothing but a purchase, a crossing or another model changes it.
"""

from typing import Final

from churn.domain.bands import passed_into
from churn.domain.forecast.rhythm import before_purchase
from churn.domain.model import Model
from churn.domain.purchases import Statistics
from churn.domain.signals.state import NOTHING, Signals, known_by
from churn.domain.standing import Standing, standing_under
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band, Lifecycle

# Who buys in one of these comes back.
AWAY: Final = frozenset({"at_risk", "lost"})


def lifecycle_of(
    band: Band | None,
    statistics: Statistics | None,
    healthy_since: int | None,
    model: Model,
    days: ShopDays,
    signals: Signals = NOTHING,
) -> Lifecycle | None:
    """The lifecycle of a customer in a band; None before the first purchase.

    ``healthy_since`` is that of the last purchase, where it is remembered, ``signals`` are what the model hears.
    """
    if band is None or statistics is None:
        return None
    if band != "healthy":
        return band
    if not statistics.x:
        return "new"
    if signals == NOTHING and healthy_since is not None and healthy_since != statistics.day_at_us:
        return "active"  # healthy since before the last purchase
    before = before_last_purchase(statistics, model, days, signals)
    return "won_back" if passed_into(before, statistics.day_at_us) in AWAY else "active"


def before_last_purchase(last: Statistics, model: Model, days: ShopDays, signals: Signals) -> Standing:
    """Where who bought on several days stood until the last of them."""
    before = last._replace(
        x=last.x - 1,
        last_day=last.previous_day,
        silent_from_us=days.end_of(last.previous_day),
        net=last.net - last.day_net,
        rhythm=before_purchase(last.rhythm, last.last_day - last.previous_day),
    )
    heard = NOTHING if signals == NOTHING else known_by(signals, last.day_at_us)
    return standing_under(before, model, days, lambda: 0, heard)
