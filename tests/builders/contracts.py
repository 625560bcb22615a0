"""Events about contracts and trials."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from builders.events import NOON, event
from mandegar.events import Event
from mandegar.events.contracts import SubscriptionEnded, SubscriptionPaid, TrialEnded, TrialStarted


def at(days: float) -> datetime:
    """So many days after noon."""
    return NOON + timedelta(days=days)


def subscribed(
    contract: str = "s",
    amount: float | str = 100,
    *,
    days: float = 0,
    until: float,
    period: int = 1,
    unit: Any = "months",
    starts: float | None = None,
    type_: str = "subscription.renewed",
    **more: Any,
) -> Event:
    """A contract runs from ``days``, or ``starts``, until ``until``."""
    data = SubscriptionPaid(
        subscription_id=contract,
        currency="EUR",
        amount=Decimal(str(amount)),
        period=period,
        unit=unit,
        starts_at=at(days if starts is None else starts),
        ends_at=at(until),
    )
    return event(type_, data, days=days, **more)


def unsubscribed(contract: str = "s", *, days: float = 0, until: float | None = None, **more: Any) -> Event:
    """A contract was cancelled: it ends at ``until``, or as paid for."""
    data = SubscriptionEnded(subscription_id=contract, ends_at=None if until is None else at(until))
    return event("subscription.cancelled", data, days=days, **more)


def expired(contract: str = "s", *, days: float = 0, until: float | None = None, **more: Any) -> Event:
    """A contract was not renewed: it ended at ``until``, or when that is told."""
    data = SubscriptionEnded(subscription_id=contract, ends_at=None if until is None else at(until))
    return event("subscription.expired", data, days=days, **more)


def trial(id_: str = "t", *, days: float = 0, until: float, **more: Any) -> Event:
    """A trial runs from ``days`` until ``until``."""
    data = TrialStarted(trial_id=id_, starts_at=at(days), ends_at=at(until))
    return event("trial.started", data, days=days, **more)


def trial_over(id_: str = "t", *, days: float = 0, converted: bool | None = None, **more: Any) -> Event:
    """A trial ended at ``days``."""
    return event("trial.ended", TrialEnded(trial_id=id_, converted=converted), days=days, **more)
