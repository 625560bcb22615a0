"""A customer's risk at one instant, with everything that explains it: the answer of the routes."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from churn.domain.bands import Crossing, band_at
from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.purchases import Statistics
from churn.domain.reasons import reasons
from churn.domain.standing import standing_of
from churn.domain.value import value_at_risk
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band, Reason
from mandegar.quantities import to_us


class Assessment(NamedTuple):
    """Risk = P(no purchase within the model's horizon), and everything that explains it.

    ``value_at_risk`` is as of ``since_us``, when the customer entered the band: the value that was published then, and
    that a list of the band is sorted by.
    """

    risk: float
    band: Band
    since_us: int
    next: Crossing | None
    reasons: tuple[Reason, ...]
    value_at_risk: Decimal
    statistics: Statistics


def assess(orders: Orders, model: Model, days: ShopDays, at: datetime, *, as_of: bool = False) -> Assessment | None:
    """The assessment at an instant, None before the first purchase.

    With ``as_of`` only orders paid by ``at`` count, as when looking back.
    """
    at_us = to_us(at)
    standing = standing_of(orders, model, days, at_us if as_of else None)
    if standing is None:
        return None
    moment, span = standing.at(at_us), band_at(standing, at_us)
    return Assessment(
        risk=moment.odds.risk,
        band=span.band,
        since_us=span.since_us,
        next=span.next,
        reasons=reasons(standing, moment, span.band),
        value_at_risk=value_at_risk(standing, standing.at(span.since_us)),
        statistics=standing.statistics,
    )
