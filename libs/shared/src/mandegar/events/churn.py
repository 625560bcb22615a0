"""Data of the events on ``churn.events``.

Bands, lifecycle and stage of customers, and segments of shops with who enters and leaves them.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

Band = Literal["healthy", "cooling", "at_risk", "lost"]
Lifecycle = Literal["new", "active", "cooling", "at_risk", "lost", "won_back"]
Stage = Literal["awareness", "consideration", "decision", "service", "loyalty", "advocacy"]
# Where everybody begins, and where aliases are again.
FIRST_STAGE: Final[Stage] = "awareness"


class Reason(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A term of the score: ``code`` is stable, ``text`` is an English sentence, ``weight`` is its part of the logit."""

    code: str
    text: str
    weight: float
    evidence: dict[str, str | int | float] = {}


class BandCrossed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer's band changed at ``crossed_at``. ``risk`` is the probability of no purchase in ``horizon_days``.

    ``value_at_risk`` is what a contact can win back: P (1 - P) of a purchase, times what is then expected.
    ``last_order_at`` is the payment of the latest order that was neither cancelled nor wholly refunded.
    ``lifecycle`` is the band, but of who is healthy ``new``, ``active`` or ``won_back``; null in events of earlier
    releases.
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
    lifecycle: Lifecycle | None = None


class BandLeft(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer is in no band any more: each order was cancelled, wholly refunded, or turned out to be another's.

    ``version`` counts on from ``BandCrossed``; a later purchase enters a band afresh, with ``previous`` null. With
    ``merged_into`` the customer turned out to be that one, who has all orders and is in ``band``.
    """

    previous: Band
    left_at: datetime
    model_version: int
    version: int
    merged_into: str | None = None
    band: Band | None = None


class BandRestated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer's present band, told again because another customer turned out to be the same person.

    It was entered at ``since`` and published then, of one of the two; nothing has changed now. ``version`` is above the
    versions of both.
    """

    band: Band
    since: datetime
    value_at_risk: Decimal
    currency: str
    model_version: int
    version: int
    last_order_at: datetime | None = None
    lifecycle: Lifecycle | None = None


class LifecycleChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A healthy customer's lifecycle became another at ``changed_at``, and the band stayed: ``new``, ``active`` or
    ``won_back``. Every other change of it is in ``BandCrossed``, with which ``version`` counts on.

    ``brought_over``: a new model or the end of a history did it, nothing that the customer has done just now.
    """

    lifecycle: Lifecycle
    previous: Lifecycle
    changed_at: datetime
    band: Band
    band_since: datetime
    value_at_risk: Decimal
    currency: str
    model_version: int
    version: int
    brought_over: bool = False


class CustomerWonBack(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A purchase at ``won_back_at`` brought the customer back from the band that was published before.

    They were in ``previous`` since ``away_since``; ``silent_days`` are the days of the shop's calendar from the day
    with orders before to this one. Once for each return, behind the ``BandCrossed`` with which it begins, and never
    because a model judges otherwise.
    """

    previous: Literal["at_risk", "lost"]
    away_since: datetime
    won_back_at: datetime
    silent_days: int
    model_version: int
    version: int


class StageChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer is in another stage of the journey since ``changed_at``: by an act, a crossing, or a day that began.

    Whoever is known, and of whom none of these was published, is in ``awareness``. ``version`` counts what was
    published of it under one id: the highest is the present. With ``merged_into`` the customer turned out to be that
    one, and is in no stage of their own any more. ``brought_over``: a new model, the end of a history or a rebuild did
    it, nothing that the customer has done just now and no day.
    """

    stage: Stage
    previous: Stage
    changed_at: datetime
    version: int
    merged_into: str | None = None
    brought_over: bool = False


class SegmentEntered(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer is in a segment since ``entered_at``; ``version`` is that of the segment.

    ``brought_over``: another definition, other lines, a new model or the end of a history did it, nothing that the
    customer has done just now and no day.
    """

    segment: str
    version: int
    entered_at: datetime
    brought_over: bool = False


class SegmentLeft(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer is in a segment no more, since ``left_at``.

    With ``merged_into`` the customer turned out to be that one, who may be in the segment or not.
    """

    segment: str
    version: int
    left_at: datetime
    merged_into: str | None = None


class SegmentChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A shop has stored a version of a segment, or removed the segment: then ``document`` is null.

    ``announced``: the customers whom this brings into the segment or out of it are published, too.
    """

    name: str
    version: int
    generation: int
    document: str | None = None
    announced: bool = False


class HorizonChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A shop has chosen within how many weeks its scores expect a purchase; versions fitted from now on go by it."""

    weeks: int
    version: int


class LinesFitted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Lines through the shop's buyers by which segments tell what is often and what is much.

    From ``often`` days with orders on a customer buys often; from a net total of ``middle`` on their spending is no
    longer low, and from ``high`` on it is high.
    """

    generation: int
    often: int
    middle: Decimal
    high: Decimal
