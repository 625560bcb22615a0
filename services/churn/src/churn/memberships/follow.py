"""Brings the memberships of a batch's customers behind what has happened to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from churn.domain.customer import Customer, Terms
from churn.domain.facts import FARING_TYPES
from churn.domain.stage import NEVER, stage_of
from churn.memberships.definitions import Definitions, load_definitions
from churn.memberships.events import crossed
from churn.memberships.rows import Place, change_members, load_loyalty, load_states, save_states
from churn.memberships.states import (
    UNKNOWN,
    Before,
    Crossing,
    Loyalty,
    Since,
    State,
    evaluate,
    facts_of,
    gone,
    is_complaint,
    own_due,
    schedule,
)
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import INTERACTION_TYPES, VISIT_TYPES
from mandegar.quantities import from_us, to_us

_IDLE_TYPES: Final = INTERACTION_TYPES | FARING_TYPES
# Of these, what may bring the end of a stage nearer: the last open ticket is closed, an older one is not.
_MAY_END_SOONER: Final = _IDLE_TYPES - VISIT_TYPES


class Memberships:
    """The memberships of the customers of one batch, who are locked: read at once, and written at its end."""

    def __init__(
        self,
        definitions: Mapping[str, Definitions],
        states: dict[CustomerKey, State],
        loyalty: Mapping[CustomerKey, Loyalty],
        new: Collection[CustomerKey],
        now: datetime,
    ) -> None:
        self._definitions, self._states, self._loyalty, self._new = definitions, states, loyalty, new
        self._now, self._now_us = now, to_us(now)
        self._before: dict[CustomerKey, Before] = {}
        self._changed: dict[CustomerKey, State] = {}
        self._entered: dict[Place, datetime] = {}
        self._left: set[Place] = set()

    def note(self, customer: Customer, terms: Terms, brought_at: datetime | None = None) -> None:
        """Note what a customer is before acts are applied or time passes, if definitions or lines are new to them, or
        a model or the end of a history has brought them over as of ``brought_at``: what these make of them is told
        apart from what acts and days do.
        """
        key = customer.key
        of, state = self._definitions.get(key.shop), self._states.get(key)
        if of is None or state is None or key in self._new:
            return
        is_behind = abs(state.generation) < of.generation
        is_stale = customer.band is not None and not customer.is_under(terms)  # by a visit nobody is computed again
        if not is_behind and not is_stale and brought_at is None:
            return
        if not customer.is_folded:
            self._before[key] = Before(None)
            return
        began = [at for at in (brought_at, of.changed_at if is_behind else None) if at is not None]
        since = max(began, default=self._now)
        facts = facts_of(customer, state, terms, of, self._loyalty.get(key, UNKNOWN))
        self._before[key] = Before(facts, terms.days.day_of(min(to_us(since), self._now_us)))

    def follow(self, customer: Customer, acts: Sequence[Event], changes: list[Event], terms: Terms) -> list[Event]:
        """Evaluate a customer after ``acts`` were applied, or time has passed, or they were brought over from a history
        or to new terms; returns ``changes``, the events about band, lifecycle and stage, and behind them those about
        their segments. While history comes in, nobody is evaluated.
        """
        key = customer.key
        of, state = self._definitions.get(key.shop), self._states.get(key) or State(*key)
        complained = max((act.time for act in acts if is_complaint(act)), default=None)
        if complained is not None and (state.complained_at is None or complained > state.complained_at):
            state.complained_at = complained
            self._changed[key] = state
        crossing_at = own_due(customer, state)
        if of is None or customer.backfill_until is not None:
            self._rest(customer, state, crossing_at)
            return changes
        if not customer.is_folded:  # an earlier release has written them: the timer folds, and then evaluates them
            customer.due_at = self._now
            return changes
        if not changes and acts and self._is_idle(key, state, of, acts):
            if any(act.type in _MAY_END_SOONER for act in acts):
                self._end_sooner(customer, state, terms)
            schedule(customer, state, crossing_at)
            return changes
        crossings, cause = self._evaluate(customer, state, of, acts, changes, terms, crossing_at)
        return changes + [crossed(crossing, key, cause, self._now) for crossing in crossings if crossing.told]

    async def write(self, connection: WorkerConnection) -> None:
        """Write what has changed."""
        if self._changed:
            await save_states(connection, self._changed.values())
        if self._entered or self._left:
            await change_members(connection, self._entered, self._left)

    def _evaluate(
        self,
        customer: Customer,
        state: State,
        of: Definitions,
        acts: Sequence[Event],
        changes: Sequence[Event],
        terms: Terms,
        crossing_at: datetime | None,
    ) -> tuple[list[Crossing], Event | None]:
        key = customer.key
        before = (state.generation, state.due_at, state.hidden_due_at)
        for name in gone(state, of):
            self._left.add(Place(key, name, customer.partition))
        cause = max(acts, key=lambda act: (act.time, act.id), default=None)
        of_stage = [change.time for change in changes if change.type == "stage.changed"]
        of_band = [change.time for change in changes if change.type != "stage.changed"]
        since = Since(
            self._up_to_now(None if cause is None else cause.time),
            self._up_to_now(max(of_band, default=None)),
            self._up_to_now(max(of_stage, default=None)),
        )
        facts = facts_of(customer, state, terms, of, self._loyalty.get(key, UNKNOWN))
        until = stage_of(customer, terms.days, self._now_us).until
        is_new, noted = key in self._new, self._before.get(key)
        crossings = evaluate(state, facts, of, self._now_us, since, until=until, is_new=is_new, before=noted)
        schedule(customer, state, crossing_at)
        for crossing in crossings:
            self._move(Place(key, crossing.segment.name, customer.partition), crossing.entered, crossing.at_us)
        if crossings or before != (state.generation, state.due_at, state.hidden_due_at):
            self._changed[key] = state
        return crossings, cause

    def _up_to_now(self, at: datetime | None) -> int | None:
        return None if at is None else min(to_us(at), self._now_us)

    def _move(self, place: Place, entered: bool, at_us: int) -> None:
        if entered:
            self._entered[place] = from_us(at_us)
        else:
            self._left.add(place)

    def _rest(self, customer: Customer, state: State, crossing_at: datetime | None) -> None:
        """Wait for the end of a history, or for segments: nothing of these is due."""
        if state.due_at is None:
            return
        customer.due_at = min((at for at in (crossing_at, customer.backfill_until) if at is not None), default=None)
        state.due_at = state.hidden_due_at = None
        self._changed[customer.key] = state

    def _end_sooner(self, customer: Customer, state: State, terms: Terms) -> None:
        """Put the end of the stage on the timer, where it is before what is due."""
        until = stage_of(customer, terms.days, self._now_us).until
        ends = None if until == NEVER else from_us(terms.days.start_of(until))
        if ends is not None and (state.due_at is None or ends < state.due_at):
            state.due_at = ends
            self._changed[customer.key] = state

    def _is_idle(self, key: CustomerKey, state: State, of: Definitions, acts: Sequence[Event]) -> bool:
        """Whether no segment can have changed: acts of which none asks, of a customer for whom no day has."""
        if key in self._new or state.generation != of.generation or "acts" in of.sources:
            return False
        if state.due_at is not None and state.due_at <= self._now:
            return False
        return all(act.type in _IDLE_TYPES and not is_complaint(act) for act in acts)


async def load_memberships(
    connection: WorkerConnection, customers: Mapping[CustomerKey, Customer], now: datetime
) -> Memberships:
    """The memberships of locked customers, as they are before anything of a batch is applied to them."""
    if not customers:
        return Memberships({}, {}, {}, (), now)
    definitions = await load_definitions(connection, {key.shop for key in customers})
    states = await load_states(connection, customers)
    asking = {shop for shop, of in definitions.items() if "loyalty" in of.sources}
    of_loyalty = [key for key in customers if key.shop in asking]
    loyalty = await load_loyalty(connection, of_loyalty) if of_loyalty else {}
    new = {key for key, customer in customers.items() if customer.last_event_at is None}
    return Memberships(definitions, states, loyalty, new, now)
