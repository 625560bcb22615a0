"""Data of the events on ``churn.events``: changes of a customer's band, with reasons, and the end of all bands."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Band = Literal["healthy", "cooling", "at_risk", "lost"]


class Reason(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A term of the score: ``code`` is stable, ``text`` is an English sentence, ``weight`` is its part of the logit."""

    code: str
    text: str
    weight: float
    evidence: dict[str, str | int | float] = {}


class BandCrossed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer's band changed at ``crossed_at``. ``risk`` is the probability of no purchase in ``horizon_days``.

    ``last_order_at`` is the payment of the latest order that was neither cancelled nor wholly refunded.
    """

    band: Band
    previous: Band | None
    crossed_at: datetime
    risk: float
    horizon_days: int
    value_at_risk: Decimal
    currency: str
    model_version: int
    version: int
    reasons: tuple[Reason, ...] = ()
    last_order_at: datetime | None = None


class BandLeft(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer is in no band any more: each order was cancelled, wholly refunded, or turned out to be another's.

    ``version`` counts on from ``BandCrossed``; a later purchase enters a band afresh, with ``previous`` null.
    """

    previous: Band
    left_at: datetime
    model_version: int
    version: int
