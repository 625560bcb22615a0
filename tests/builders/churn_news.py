"""What churn tells of customers besides their bands."""

from datetime import timedelta
from typing import Any

from builders.events import NOON, event
from mandegar.events import Event
from mandegar.events.churn import (
    CustomerWonBack,
    Lifecycle,
    LifecycleChanged,
    SegmentEntered,
    SegmentLeft,
    Stage,
    StageChanged,
)


def won_back(*, hours: float = -1, version: int = 5, **more: Any) -> Event:
    """A purchase has brought the customer back."""
    at = NOON + timedelta(hours=hours)
    data = CustomerWonBack(
        previous="lost", away_since=at - timedelta(days=90), won_back_at=at, silent_days=120, model_version=1,
        version=version,
    )  # fmt: skip
    return event("customer.won_back", data, hours=hours, **more)


def turned(lifecycle: Lifecycle, *, hours: float = -1, version: int = 5, over: bool = False, **more: Any) -> Event:
    """The customer's lifecycle became another, and they stayed healthy."""
    data = LifecycleChanged(
        lifecycle=lifecycle, previous="new", changed_at=NOON + timedelta(hours=hours), band="healthy", band_since=NOON,
        value_at_risk=0, currency="IRR", model_version=1, version=version, brought_over=over,
    )  # type: ignore[arg-type]  # fmt: skip
    return event("lifecycle.changed", data, hours=hours, **more)


def staged(
    stage: Stage, *, hours: float = -1, version: int = 1, into: str | None = None, over: bool = False, **more: Any
) -> Event:
    """The customer is in another stage of the journey."""
    at = NOON + timedelta(hours=hours)
    data = StageChanged(
        stage=stage, previous="consideration", changed_at=at, version=version, merged_into=into, brought_over=over
    )
    return event("stage.changed", data, hours=hours, **more)


def entered(segment: str = "vip", *, hours: float = -1, over: bool = False, **more: Any) -> Event:
    """The customer is in a segment."""
    data = SegmentEntered(segment=segment, version=1, entered_at=NOON + timedelta(hours=hours), brought_over=over)
    return event("segment.entered", data, hours=hours, **more)


def left_segment(segment: str = "vip", *, hours: float = 0, into: str | None = None, **more: Any) -> Event:
    """The customer is in a segment no more."""
    data = SegmentLeft(segment=segment, version=1, left_at=NOON + timedelta(hours=hours), merged_into=into)
    return event("segment.left", data, hours=hours, **more)
