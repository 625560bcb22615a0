"""Moves a customer on to the stage of the journey that follows from an act, or from time, and says so."""

from datetime import datetime

from churn.customers.events import staged
from churn.domain.customer import Customer, Terms
from churn.domain.past import Past
from churn.domain.purchases import Statistics
from churn.domain.stage import OF_BUYERS, Placed, stage_at
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.churn import StageChanged
from mandegar.events.registry import VISIT_TYPES
from mandegar.quantities import from_us, to_us


def move_on(customer: Customer, act: Event | None, terms: Terms, now: datetime) -> list[Event]:
    """The change of stage after an act, or because of anything else (None), if there is one.

    Nothing while history comes in. Who was known before stages were, and only they, are brought into theirs in
    silence. Raises ``OrdersMissing``.
    """
    if customer.backfill_until is not None:
        return []
    if act is not None and act.type in VISIT_TYPES and customer.stage in OF_BUYERS:
        return []
    placed = stage_at(customer.signals, _statistics(customer), customer.band, terms.days, to_us(now))
    previous, customer.stage = customer.stage, placed.stage
    if previous is None or previous == placed.stage:
        return []
    at = act.time if act is not None else _by_itself(customer, placed, terms, now)
    customer.stage_version += 1
    data = StageChanged(stage=placed.stage, previous=previous, changed_at=min(at, now), version=customer.stage_version)
    return [staged(data, CustomerKey(customer.shop, customer.customer_id), act, now)]


def _statistics(customer: Customer) -> Statistics | None:
    """The statistics of a customer, also of a row that an earlier release has written."""
    if customer.is_folded:
        return customer.statistics
    return Past(customer.all_paid(), shop_days(customer.zone or "UTC")).statistics()


def _by_itself(customer: Customer, placed: Placed, terms: Terms, now: datetime) -> datetime:
    """When a crossing or the beginning of a day has changed the stage, whichever was later."""
    day = None if placed.since is None else from_us(terms.days.start_of(placed.since))
    return max((at for at in (day, customer.band_since) if at is not None), default=now)
