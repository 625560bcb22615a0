"""Advances one customer: settles what is due, then applies acts, and returns the changes that follow: of band,
lifecycle and stage."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import structs

from churn.customers.events import changed_by_act, changed_by_time
from churn.customers.move_on import move_on
from churn.domain import facts
from churn.domain.customer import Customer, Terms
from churn.domain.publication import fold, follow, pass_time, recompute, stays, turn_to
from churn.domain.returns import Change
from mandegar.events import Event
from mandegar.events.backfill import BACKFILL_QUIET
from mandegar.events.churn import LifecycleChanged
from mandegar.events.registry import ORDER_TYPES


def apply_acts(customer: Customer, acts: Sequence[Event], terms: Terms, now: datetime) -> list[Event]:
    """Apply the acts of a customer in a batch.

    Each act publishes what it would publish in a batch of its own at ``now``, so that the cut of batches changes
    nothing; but only the last one, and those that change band or lifecycle, are computed in full.
    """
    outgoing: list[Event] = []
    if is_due(customer, now):
        outgoing += settle_one(customer, terms, now)
    unfinished = False
    for act in acts:
        if act.backfill and unfinished:
            recompute(customer, terms, now)
            unfinished = False
        changes: list[Change] = []
        if _take_in(customer, act, terms, now):
            unfinished = act is not acts[-1] and stays(customer, terms, now)
            if not unfinished:
                changes = recompute(customer, terms, now)
        outgoing += [changed_by_act(change, act, now) for change in changes]
        outgoing += move_on(customer, act, terms, now, changes)
    if unfinished:
        recompute(customer, terms, now)
    if customer.backfill_until is not None:
        fold(customer, terms)
    return outgoing


def is_due(customer: Customer, now: datetime) -> bool:
    """Whether something was due that was not settled; the end of a history is not, which more of it may put off."""
    return customer.backfill_until is None and customer.due_at is not None and customer.due_at <= now


def settle_one(customer: Customer, terms: Terms, now: datetime) -> list[Event]:
    """Bring one customer to ``now``. After a history only the present band is published, under new terms that of the
    instant from which on they count, and what time has changed since."""
    brought = bring_over(customer, terms, now)
    return brought.events + pass_on(customer, terms, now, is_brought=brought.at is not None)


class Brought(NamedTuple):
    """What was published of a customer who was brought over, and as of when; None: there was nothing to do."""

    events: list[Event]
    at: datetime | None


def bring_over(customer: Customer, terms: Terms, now: datetime) -> Brought:
    """Bring a customer whose history has ended, or who is under other terms, to where that puts them by itself."""
    if customer.backfill_until is None and customer.is_under(terms):
        return Brought([], None)
    at = _in_force(customer, terms, now)
    customer.backfill_until = None
    changes = [_brought_over(change) for change in recompute(customer, terms, at)]
    events = [changed_by_time(change, customer, now) for change in changes]
    return Brought(events + move_on(customer, None, terms, now, changes, brought_at=at), at)


def _in_force(customer: Customer, terms: Terms, now: datetime) -> datetime:
    """The instant from which on new terms count for a customer: that of the fit, but not before what they have done or
    was told of them since. A history and another zone count from now on."""
    if customer.backfill_until is not None or customer.zone != terms.days.zone.key or terms.since is None:
        return now
    last = (terms.since, customer.band_since, customer.stage_since, customer.last_event_at)
    return min(now, max(at for at in last if at is not None))


def pass_on(customer: Customer, terms: Terms, now: datetime, *, is_brought: bool) -> list[Event]:
    """Let time pass until ``now``, of who was brought over only if it changes something."""
    if is_brought and (customer.due_at is None or customer.due_at > now):
        return move_on(customer, None, terms, now)
    changes = pass_time(customer, terms, now)
    events = [changed_by_time(change, customer, now) for change in changes]
    return events + move_on(customer, None, terms, now, changes)


def bring_up(customer: Customer, acts: Sequence[Event], terms: Terms, now: datetime) -> Brought:
    """Bring a customer under new terms before their acts would do it, so that the acts are told apart from these."""
    if customer.backfill_until is not None or customer.band is None:
        return Brought([], None)
    if not (is_due(customer, now) or any(act.type in ORDER_TYPES for act in acts)):
        return Brought([], None)
    return bring_over(customer, terms, now)


def _brought_over(change: Change) -> Change:
    if isinstance(change.data, LifecycleChanged):
        return change._replace(data=structs.replace(change.data, brought_over=True))
    return change


def _take_in(customer: Customer, act: Event, terms: Terms, now: datetime) -> bool:
    """Take an act into the state of a customer; returns whether it may have changed their band."""
    is_first, is_order = customer.last_event_at is None, act.type in ORDER_TYPES
    was_under = customer.is_under(terms)
    if act.backfill:
        customer.backfill_until = now + BACKFILL_QUIET
    if is_order:
        turn_to(customer, terms)
    signals = customer.signals
    turn = facts.take_in(customer, act)
    if turn is not None:
        follow(customer, turn, terms)
    if customer.backfill_until is not None:
        customer.due_at = min(customer.due_at or customer.backfill_until, customer.backfill_until)
        return False
    is_heard = terms.model.numbers.signals is not None and customer.signals != signals
    return is_first or turn is not None or is_heard or (is_order and not was_under)
