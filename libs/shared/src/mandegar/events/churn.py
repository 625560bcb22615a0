"""Data of the events on ``churn.events``: changes of a customer's band, with reasons."""

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
    """The customer's band changed at ``crossed_at``. ``risk`` is the probability of no purchase in ``horizon_days``."""

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
