"""Moves a customer on to the stage of the journey that follows from an act, or from time, and says so."""

from collections.abc import Sequence
from datetime import datetime

from churn.customers.events import staged
from churn.domain.customer import Customer, Terms
from churn.domain.past import Past
from churn.domain.purchases import Statistics
from churn.domain.returns import Change
from churn.domain.stage import OF_BUYERS, Placed, stage_at
from mandegar.calendar import shop_days
from mandegar.events import Event
from mandegar.events.churn import StageChanged
from mandegar.events.registry import VISIT_TYPES
from mandegar.quantities import from_us, to_us


def move_on(
    customer: Customer,
    act: Event | None,
    terms: Terms,
    now: datetime,
    changes: Sequence[Change] = (),
    *,
    brought_at: datetime | None = None,
) -> list[Event]:
    """The change of stage after an act, or because of anything else (None), if there is one.

    ``changes`` are those of band and lifecycle that the same has caused; ``brought_at``: that is a history or new
    terms, as of this instant. Nothing while history comes in. Who was known before stages were, and only they, are
    brought into theirs in silence. Raises ``OrdersMissing``.
    """
    if customer.backfill_until is not None:
        return []
    if act is not None and act.type in VISIT_TYPES and customer.stage in OF_BUYERS and not changes:
        return []
    placed = stage_at(customer.signals, _statistics(customer), customer.band, terms.days, to_us(brought_at or now))
    previous, customer.stage = customer.stage, placed.stage
    if previous is None or previous == placed.stage:
        return []
    at = act.time if act is not None else _by_itself(customer, placed, terms, changes, now)
    # What arrives late, or what a day that ended late has changed, is told behind what was told before.
    at = max(min(at, now), customer.stage_since or at)
    customer.stage_version, customer.stage_since = customer.stage_version + 1, at
    data = StageChanged(
        stage=placed.stage,
        previous=previous,
        changed_at=at,
        version=customer.stage_version,
        brought_over=brought_at is not None,
    )
    return [staged(data, customer.key, act, now)]


def _statistics(customer: Customer) -> Statistics | None:
    """The statistics of a customer, also of a row that an earlier release has written."""
    if customer.is_folded:
        return customer.statistics
    return Past(customer.all_paid(), shop_days(customer.zone or "UTC")).statistics()


def _by_itself(customer: Customer, placed: Placed, terms: Terms, changes: Sequence[Change], now: datetime) -> datetime:
    """When crossings or the beginning of a day have changed the stage, whichever was later; ``now`` for a merge.

    Not before the last act, which was told under the stage before: what a history or a model says may be older.
    """
    began = [] if placed.since is None else [from_us(terms.days.start_of(placed.since))]
    moved = [*began, *(change.at for change in changes)]
    return max([*moved, customer.last_event_at or now]) if moved else now
