"""What is said of a customer's risk at one instant."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from churn.domain.bands import Crossing, standing
from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.purchases import Purchase, Statistics, purchases, silence_weeks, statistics, to_us
from churn.domain.reasons import reasons
from churn.domain.score import odds
from churn.domain.value import value_at_risk
from mandegar.events.churn import Band, Reason


class Assessment(NamedTuple):
    """Risk = P(no purchase within the model's horizon), and everything that explains it."""

    risk: float
    band: Band
    next: Crossing | None
    reasons: tuple[Reason, ...]
    value_at_risk: Decimal
    statistics: Statistics


def assess(orders: Orders, model: Model, zone: ZoneInfo, at: datetime, *, as_of: bool = False) -> Assessment | None:
    """The assessment at an instant; none before the first purchase.

    With ``as_of`` only purchases paid by ``at`` count, as when looking back; without, all that is known.
    """
    at_us = to_us(at)
    bought: list[Purchase] = purchases(orders, zone, at_us if as_of else None)
    known = statistics(bought, zone)
    if known is None:
        return None
    stands = standing(bought, known, model, zone, at_us)
    return Assessment(
        risk=odds(model.curve_of(known), silence_weeks(known, at_us)).risk,
        band=stands.band,
        next=stands.next,
        reasons=reasons(known, model, at_us),
        value_at_risk=value_at_risk(known, model, at_us),
        statistics=known,
    )
