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
    """What an event tells of a contract or trial, which ``name`` identifies, ``at_us`` by the clock of the shop.

    ``paid`` runs from ``starts_us`` until ``ends_us``, for ``monthly`` units a month, as text because no number of
    JSON is as large. ``cancelled`` and ``expired`` end a contract at ``ends_us``. A ``trial`` runs as a contract does;
    ``trial_ended`` may know whether it ``converted``.
    """

    kind: Literal["paid", "cancelled", "expired", "trial", "trial_ended"]
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
    """What an event of ``TYPES`` tells; None of a cancelled contract that ends when what is paid for does."""
    data, id_ = event.data, str(event.id)
    at_us = to_us(event.time) if data.written_at is None else data.written_at
    match event.type:
        case "subscription.started" | "subscription.renewed":
            span = to_us(data.ends_at), to_us(data.starts_at)
            return Fact("paid", data.subscription_id, at_us, id_, *span, str(_monthly(data)))
        case "trial.started":
            return Fact("trial", data.trial_id, at_us, id_, to_us(data.ends_at), to_us(data.starts_at))
        case "trial.ended":
            ends_us = at_us if data.at is None else to_us(data.at)
            return Fact("trial_ended", data.trial_id, at_us, id_, ends_us, converted=data.converted)
        case "subscription.expired":
            ends_us = at_us if data.ends_at is None else to_us(data.ends_at)
            return Fact("expired", data.subscription_id, at_us, id_, ends_us)
        case _ if data.ends_at is not None:
            return Fact("cancelled", data.subscription_id, at_us, id_, to_us(data.ends_at))
    return None


def _monthly(data: SubscriptionPaid) -> int:
    """The price of a month in units, rounded half to even."""
    months = data.period if data.unit == "months" else data.period / _MONTH_DAYS
    return round(scaled(data.amount, _UNIT_DIGITS) / Fraction(months))


def together(facts: Iterable[Fact]) -> Facts:
    """Some facts, in any order and repeated, as they are kept."""
    return tuple(sorted(set(facts), key=_age)[-FACTS_MAX:])


def _age(fact: Fact) -> tuple[int, int, int, str]:
    """Which of two facts about one thing is the newer one.

    Of two that were told at one instant, as platforms that write whole seconds tell them: the contract that runs
    longer, then the cheaper one; the earlier end, then the trial that converted. The event's id decides nothing more.
    """
    if fact.kind in {"paid", "trial"}:
        return fact.at_us, fact.ends_us, -int(fact.monthly), fact.event_id
    return fact.at_us, -fact.ends_us, int(fact.converted or False), fact.event_id


def _by_name(facts: Iterable[Fact], *kinds: str) -> Iterator[list[Fact]]:
    named: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=_age):
        if fact.kind in kinds:
            named.setdefault(fact.name, []).append(fact)
    return iter(named.values())


def spans_of(facts: Iterable[Fact], days: ShopDays) -> Iterator[Span]:
    """At the end of which days the contracts run, and for how much. Spans of one contract do not overlap."""
    for pieces in _contracts(facts):
        for piece in pieces:
            first, last = _day(piece.starts_us, days), _day(piece.ends_us, days) - 1
            if first <= last:
                yield Span(first, last, int(piece.monthly))


def _contracts(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    """What each contract runs for."""
    return map(_pieces, _by_name(facts, "paid", "cancelled", "expired"))


def _pieces(facts: Sequence[Fact]) -> list[Fact]:
    """What one contract runs for, in order: from each start on as that says, until it ends or the next one starts."""
    ends = [[fact for fact in facts if fact.kind == kind] for kind in ("cancelled", "expired")]
    by_start = {fact.starts_us: fact for fact in facts if fact.kind == "paid"}
    pieces: list[Fact] = []
    for starts_us in sorted(by_start):
        fact = by_start[starts_us]
        ends_us = min([fact.ends_us, *_ends(ends, fact)])
        if ends_us <= starts_us:
            continue
        if pieces and starts_us <= pieces[-1].ends_us + LATE_US:
            pieces[-1] = pieces[-1]._replace(ends_us=starts_us)
        pieces.append(fact._replace(ends_us=ends_us))
    return pieces


def _ends(ends: Iterable[Sequence[Fact]], start: Fact) -> Iterator[int]:
    """When what runs from ``start`` on was cancelled, and when it expired: of each as it was told last.

    An end concerns a start that had been told. If it lies before that, it withdraws what was announced.
    """
    for of_kind in ends:
        told = [
            end
            for end in of_kind
            if (end.ends_us > start.starts_us and end.at_us >= start.at_us)
            or (start.at_us <= end.ends_us <= start.starts_us and end.at_us > start.at_us)
        ]
        if told:
            yield max(told, key=_age).ends_us


def trials_of(facts: Facts, days: ShopDays) -> Iterator[Trial]:
    """The trials, each with its newest start, and its newest end unless that was told before the start."""
    trials = [*_by_name(facts, "trial", "trial_ended")]
    starts = _starts_of_contracts(facts) if trials else []
    for of_one in trials:
        newest: dict[str, Fact] = {fact.kind: fact for fact in of_one}
        trial, ended = newest.get("trial"), newest.get("trial_ended")
        last = of_one[-1] if trial is None or ended is None else max(ended, trial, key=lambda fact: fact.at_us)
        converted = last.converted
        if converted is None:
            converted = trial is not None and any(trial.starts_us <= at <= last.ends_us + LATE_US for at in starts)
        yield Trial(None if trial is None else _day(trial.starts_us, days), _day(last.ends_us, days), converted)


def _starts_of_contracts(facts: Facts) -> list[int]:
    """When each contract began to cost something, at first or again."""
    starts = []
    for pieces in _contracts(facts):
        running_until, cost = -1, False
        for piece in pieces:
            before, cost = cost and piece.starts_us <= running_until, piece.monthly != "0"
            if cost and not before:
                starts.append(piece.starts_us)
            running_until = piece.ends_us
    return starts


def _day(at_us: int, days: ShopDays) -> int:
    return min(max(days.day_of(at_us), _FIRST), _LAST)
