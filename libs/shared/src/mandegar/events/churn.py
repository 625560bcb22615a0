"""Data of ``churn.events``: bands that customers enter, and why."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

Band = Literal["healthy", "cooling", "at_risk", "lost"]


class Reason(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A term of the score: ``code`` is stable, ``text`` says it in English, ``weight`` is its share of the logit."""

    code: str
    text: str
    weight: float
    evidence: dict[str, str | int | float] = {}


class BandCrossed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer's band changed at ``crossed_at``. ``risk`` is P(no purchase within ``horizon_days``)."""

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
