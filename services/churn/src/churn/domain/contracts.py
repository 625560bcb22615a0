"""The contracts and trials of a customer: which facts are kept of them, and on which days they run.

Everything follows from the set of facts. The order in which these came does not matter, nor how often.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final, Literal, NamedTuple, TypeAlias

from mandegar.calendar import ShopDays
from mandegar.events import Event
from mandegar.events.contracts import SubscriptionPaid
from mandegar.events.registry import CONTRACT_TYPES as TYPES
from mandegar.months import FIRST_DAY, LAST_DAY
from mandegar.quantities import DAY_US, scaled, to_us

__all__ = ("TYPES", "Fact", "Facts", "Span", "Trial", "fact_of", "spans_of", "together", "trials_of")

# More of one customer are too many to be contracts of a person; the newest are kept.
FACTS_MAX: Final = 500
# A contract that is renewed, and a trial that becomes one, within so long after its end was not interrupted: payments
# are made late, or tried again.
LATE_US: Final = 14 * DAY_US
_UNIT_DIGITS: Final = 4
# Days of a mean month of the Gregorian calendar.
_MONTH_DAYS: Final = Fraction(146_097, 4_800)
_FIRST, _LAST = FIRST_DAY.toordinal(), LAST_DAY.toordinal()


class Fact(NamedTuple):
    """What an event tells of a contract or trial, which ``name`` identifies.

    ``paid`` runs from ``starts_us`` until ``ends_us``, for ``monthly`` units a month, as text because no number of
    JSON is as large. ``ended`` ends a contract at ``ends_us``. A ``trial`` runs as a contract does; ``trial_ended`` may
    know whether it ``converted``.
    """

    kind: Literal["paid", "ended", "trial", "trial_ended"]
    name: str
    at_us: int
    event_id: str
    ends_us: int
    starts_us: int = 0
    monthly: str = "0"
    converted: bool | None = None


Facts: TypeAlias = tuple[Fact, ...]


class Span(NamedTuple):
    """A contract runs from the day ``first`` to the day ``last``, both included, for ``monthly`` units a month."""

    first: int
    last: int
    monthly: int


class Trial(NamedTuple):
    """The days on which a trial started and ended; the first is None if nothing told of it."""

    started: int | None
    ended: int
    converted: bool


def fact_of(event: Event) -> Fact | None:
    """What an event of ``TYPES`` tells; None of a contract that ends when what is paid for does."""
    data, at_us, id_ = event.data, to_us(event.time), str(event.id)
    match event.type:
        case "subscription.started" | "subscription.renewed":
            span = to_us(data.ends_at), to_us(data.starts_at)
            return Fact("paid", data.subscription_id, at_us, id_, *span, str(_monthly(data)))
        case "trial.started":
            return Fact("trial", data.trial_id, at_us, id_, to_us(data.ends_at), to_us(data.starts_at))
        case "trial.ended":
            ends_us = at_us if data.at is None else to_us(data.at)
            return Fact("trial_ended", data.trial_id, at_us, id_, ends_us, converted=data.converted)
        case _ if data.ends_at is not None:
            return Fact("ended", data.subscription_id, at_us, id_, to_us(data.ends_at))
    return None


def _monthly(data: SubscriptionPaid) -> int:
    """The price of a month in units, rounded half to even."""
    months = data.period if data.unit == "months" else data.period / _MONTH_DAYS
    return round(scaled(data.amount, _UNIT_DIGITS) / Fraction(months))


def together(facts: Iterable[Fact]) -> Facts:
    """Some facts, in any order and repeated, as they are kept."""
    return tuple(sorted(set(facts), key=_age)[-FACTS_MAX:])


def _age(fact: Fact) -> tuple[int, str]:
    """Which of two facts about one thing is the newer one."""
    return fact.at_us, fact.event_id


def _by_name(facts: Iterable[Fact], kinds: tuple[str, str]) -> Iterator[list[Fact]]:
    named: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=_age):
        if fact.kind in kinds:
            named.setdefault(fact.name, []).append(fact)
    return iter(named.values())


def spans_of(facts: Iterable[Fact], days: ShopDays) -> Iterator[Span]:
    """On which days the contracts run, and for how much. Spans of one contract do not overlap."""
    for of_one in _by_name(facts, ("paid", "ended")):
        pieces = _pieces(of_one)
        for number, piece in enumerate(pieces):
            first, last = _day(piece.starts_us, days), _day(piece.ends_us - 1, days)
            if number + 1 < len(pieces):
                # A day on which the price changes has the new one.
                last = min(last, _day(pieces[number + 1].starts_us, days) - 1)
            if first <= last:
                yield Span(first, last, int(piece.monthly))


def _pieces(facts: Sequence[Fact]) -> list[Fact]:
    """What one contract runs for, in order: from each start on as that says, until it ends or the next one starts."""
    ends = [fact for fact in facts if fact.kind == "ended"]
    by_start = {fact.starts_us: fact for fact in facts if fact.kind == "paid"}
    pieces: list[Fact] = []
    for starts_us in sorted(by_start):
        fact = by_start[starts_us]
        # An end that was told earlier did not know of it.
        told = [end.ends_us for end in ends if end.ends_us >= starts_us and _age(end) > _age(fact)]
        ends_us = min(told, default=fact.ends_us)
        if min(ends_us, fact.ends_us) <= starts_us:
            continue
        if pieces and starts_us <= pieces[-1].ends_us + LATE_US:
            pieces[-1] = pieces[-1]._replace(ends_us=starts_us)
        pieces.append(fact._replace(ends_us=min(ends_us, fact.ends_us)))
    return pieces


def trials_of(facts: Facts, days: ShopDays) -> Iterator[Trial]:
    """The trials, each with its newest start and its newest end."""
    starts = _first_starts(facts)
    for of_one in _by_name(facts, ("trial", "trial_ended")):
        newest = {fact.kind: fact for fact in of_one}
        trial, ended = newest.get("trial"), newest.get("trial_ended")
        ends_us = of_one[-1].ends_us if ended is None else ended.ends_us
        converted = None if ended is None else ended.converted
        if converted is None:
            converted = trial is not None and any(trial.starts_us <= at <= ends_us + LATE_US for at in starts)
        yield Trial(None if trial is None else _day(trial.starts_us, days), _day(ends_us, days), converted)


def _first_starts(facts: Facts) -> list[int]:
    """When each contract started that costs something."""
    starts: dict[str, int] = {}
    for fact in facts:
        if fact.kind == "paid" and fact.monthly != "0":
            starts[fact.name] = min(fact.starts_us, starts.get(fact.name, fact.starts_us))
    return list(starts.values())


def _day(at_us: int, days: ShopDays) -> int:
    return min(max(days.day_of(at_us), _FIRST), _LAST)
