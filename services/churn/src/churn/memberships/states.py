"""What is stored of one customer's memberships, and what it becomes: pure, but for the rows that other files write."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from churn.domain.customer import Customer, Terms
from churn.domain.segments.conditions import NEVER, Condition
from churn.domain.segments.facts import Facts
from churn.memberships.definitions import Definition, Definitions
from mandegar.events import Event
from mandegar.quantities import from_us, to_us

# On these shares of its scale and below, a review is a complaint.
_STARS: Final = 0.4
_NPS: Final = 6
_CSAT: Final = 40


@dataclass(slots=True)
class State:
    """The memberships of one customer: names of segments, each with the microsecond since when.

    ``generation`` is that of the shop's segments under which they were evaluated last, 0 before the first time, and
    negative while the customer waits to be evaluated again.
    ``due_at`` is the first instant at which time alone changes one, or the stage of the customer; ``hidden_due_at`` is
    what was due for the customer besides, while that is later. ``complained_at`` is the time of the last complaint.
    """

    shop: str
    customer_id: str
    members: dict[str, int] = field(default_factory=dict)
    generation: int = 0
    due_at: datetime | None = None
    hidden_due_at: datetime | None = None
    complained_at: datetime | None = None


class Loyalty(NamedTuple):
    """What loyalty published last of a customer: the balance, by its fields, and the tier."""

    points: Mapping[str, Any] | None = None
    tier: str | None = None


UNKNOWN: Final = Loyalty()


class Since(NamedTuple):
    """When the facts of a customer have changed, up to now: by an act, or by a crossing into another band or stage.

    None: they have not, or nobody knows when.
    """

    act_us: int | None = None
    crossing_us: int | None = None
    stage_us: int | None = None

    def of(self, sources: Collection[str]) -> int | None:
        """When what comes from these sources has changed last."""
        if self.act_us is not None:
            return self.act_us
        read = (("band", self.crossing_us), ("stage", self.stage_us))
        return max((at for source, at in read if source in sources and at is not None), default=None)


class Before(NamedTuple):
    """The facts of a customer, and the day, as of when definitions, lines or a model came into force that are new to
    them: what these say of such facts they have brought about by themselves. None: all is brought about so.
    """

    facts: Facts | None
    day: int = 0


@dataclass(slots=True)
class Crossing:
    """That a customer has entered a segment, or left it, at an instant in microseconds; ``told``: it is published.

    ``brought_over``: neither an act nor a day did it, but a definition, lines, a model or the end of a history.
    """

    segment: Definition
    entered: bool
    at_us: int
    told: bool
    brought_over: bool = False


def is_complaint(event: Event) -> bool:
    """Whether an act says that the customer is unhappy."""
    data = event.data
    if event.type == "review.submitted":
        return bool(data.rating <= _STARS * data.rating_scale)
    if event.type == "survey.responded":
        return bool((data.kind == "nps" and data.score <= _NPS) or (data.kind == "csat" and data.score <= _CSAT))
    return event.type == "ticket.opened"


def facts_of(customer: Customer, state: State, terms: Terms, of: Definitions, loyalty: Loyalty) -> Facts:
    """What conditions read; with what loyalty published last."""
    points = loyalty.points or {}
    return Facts(
        days=terms.days,
        model=terms.model,
        lines=of.lines,
        statistics=customer.statistics,
        band=customer.band,
        band_since=_us(customer.band_since),
        healthy_since=customer.healthy_since,
        interactions=customer.interactions,
        visited_at=_us(customer.last_interaction_at),
        acted_at=_us(customer.last_event_at),
        tickets_opened=customer.tickets_opened,
        tickets_closed=customer.tickets_closed,
        complained_at=_us(state.complained_at),
        points=points.get("available"),
        lifetime_points=points.get("lifetime"),
        tier=loyalty.tier,
        signals=customer.heard_by(terms.model),
        stage=customer.stage,
    )


def evaluate(
    state: State,
    facts: Facts,
    of: Definitions,
    now_us: int,
    since: Since,
    *,
    until: int = NEVER,
    is_new: bool,
    before: Before | None = None,
) -> list[Crossing]:
    """Bring a state under the shop's segments at an instant; returns what has changed.

    ``since`` is when the facts have changed. ``until`` is the first day that changes something else of the customer.
    ``before`` is given where something may have been brought about without an act or a day.
    """
    today, crossings, turn = facts.days.day_of(now_us), [], until
    for segment in of.segments:
        holds = segment.condition.holds(facts, today)
        if holds != (segment.name in state.members):
            base_us = since.of(segment.condition.sources)
            at_us = _instant(segment.condition, facts, today, now_us, base_us, state.due_at)
            brought_over = before is not None and _is_brought_over(segment.condition, before, state, holds)
            is_real = is_new or (before is not None and not brought_over)
            told = _is_told(segment, state, holds, is_real=is_real)
            crossings.append(Crossing(segment, holds, at_us, told, brought_over))
        if segment.condition.spans:
            turn = segment.condition.next_change(facts, today, turn)
    for crossing in crossings:
        if crossing.entered:
            state.members[crossing.segment.name] = crossing.at_us
        else:
            del state.members[crossing.segment.name]
    state.generation = of.generation
    state.due_at = None if turn == NEVER else from_us(facts.days.start_of(turn))
    return crossings


def gone(state: State, of: Definitions) -> list[str]:
    """Take the memberships in segments that the shop has no more out of a state; returns their names."""
    names = {segment.name for segment in of.segments}
    left = [name for name in state.members if name not in names]
    for name in left:
        del state.members[name]
    return left


def schedule(customer: Customer, state: State, crossing_at: datetime | None) -> None:
    """Let the customer be due at the next instant of their band or of their segments, whichever is first."""
    state.hidden_due_at, customer.due_at = None, crossing_at
    if state.due_at is not None and (crossing_at is None or state.due_at <= crossing_at):
        state.hidden_due_at, customer.due_at = crossing_at, state.due_at


def own_due(customer: Customer, state: State) -> datetime | None:
    """What is due for a customer apart from their segments."""
    is_of_segments = state.due_at is not None and customer.due_at == state.due_at
    return state.hidden_due_at if is_of_segments else customer.due_at


def _is_brought_over(condition: Condition, before: Before, state: State, entered: bool) -> bool:
    """Whether a crossing is what new definitions, lines or a new model make of a customer by themselves.

    Of whom nothing was evaluated, nobody knows since when the present facts are theirs.
    """
    if before.facts is None or not state.generation:
        return True
    return condition.holds(before.facts, before.day) == entered


def _is_told(segment: Definition, state: State, entered: bool, *, is_real: bool) -> bool:
    """Whether a crossing is published. What only follows from another definition is not, unless the shop asked for it;
    ``is_real``: it does not.

    A state that was never evaluated has memberships only if a rebuild has read them in the topic; whoever is out by
    now is told of.
    """
    if not segment.publish:
        return False
    if is_real or segment.announced:
        return True
    return abs(state.generation) >= segment.generation if state.generation else not entered


def _instant(
    condition: Condition, facts: Facts, today: int, now_us: int, base_us: int | None, due_at: datetime | None
) -> int:
    """Since when a membership is what it is: since a day has made it so, or since the facts have changed."""
    days = facts.days
    after = today if base_us is None else days.day_of(base_us)
    if due_at is not None:
        after = min(after, days.day_of(to_us(due_at)) - 1)
    turned = condition.changed_on(facts, today, after)
    if turned is None:
        return now_us if base_us is None else base_us
    return max(days.start_of(turned), base_us or 0)


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)
