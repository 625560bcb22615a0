"""Conditions as trees, and the plain functions that they become. A version of a segment is compiled once.

An answer is true, false, or None: unknown, because a value is missing. ``not`` leaves unknown as it is; ``all`` is
false if one is false, else unknown if one is unknown; ``any`` is true if one is true, else unknown if one is unknown.
A customer is in a segment if its condition is true. Answers depend on facts and on the day, so time changes them at
the beginnings of days alone.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from churn.domain.segments.facts import Facts
from churn.domain.segments.fields import FIELDS
from churn.domain.segments.periods import LAST, Calendar, Span, Unit, span_of_ages


class Between(NamedTuple):
    """A number or an amount of money (in units) from ``lowest`` to ``highest``; None: no bound."""

    field: str
    lowest: int | None
    highest: int | None


class Ago(NamedTuple):
    """A day that was ``lowest`` to ``highest`` days, months or years ago; None: no bound."""

    field: str
    unit: Unit
    calendar: Calendar
    lowest: int
    highest: int | None


class During(NamedTuple):
    """A day from ``first`` until just before ``end``."""

    field: str
    first: int
    end: int


class OneOf(NamedTuple):
    """One of some words."""

    field: str
    words: frozenset[str]


class Known(NamedTuple):
    """That a value exists, or that it does not. Never unknown."""

    field: str
    known: bool


class All(NamedTuple):
    """All of some conditions."""

    of: tuple["Node", ...]


class AnyOf(NamedTuple):
    """One of some conditions."""

    of: tuple["Node", ...]


class Not(NamedTuple):
    """The opposite of a condition."""

    of: "Node"


Leaf: TypeAlias = Between | Ago | During | OneOf | Known
Node: TypeAlias = Leaf | All | AnyOf | Not
Truth: TypeAlias = bool | None
Test: TypeAlias = Callable[[Facts, int], Truth]

# No day of change: the answer stays as it is.
NEVER: Final = LAST


class Condition(NamedTuple):
    """A compiled condition. ``test(facts, today)`` answers it; ``spans`` has of each leaf that time changes the days
    between which it is true; ``sources`` are where its fields come from."""

    test: Test
    spans: tuple[Callable[[Facts], Span | None], ...]
    sources: frozenset[str]

    def holds(self, facts: Facts, today: int) -> bool:
        """Whether a customer is in the segment; unknown is not."""
        return self.test(facts, today) is True

    def next_change(self, facts: Facts, today: int, until: int = NEVER) -> int:
        """The first day after ``today`` and before ``until`` on which time alone changes a membership, or ``until``."""
        days = sorted(day for day in self._turns(facts) if today < day < until)
        holds = self.holds(facts, today) if days else False
        return next((day for day in days if self.holds(facts, day) != holds), until)

    def changed_on(self, facts: Facts, today: int, after: int) -> int | None:
        """The last day behind ``after``, up to ``today``, on which time alone made the membership what it is."""
        if after >= today:
            return None
        holds = self.holds(facts, today)
        for day in sorted((day for day in self._turns(facts) if after < day <= today), reverse=True):
            if self.holds(facts, day - 1) != holds:
                return day
        return None

    def _turns(self, facts: Facts) -> set[int]:
        spans = [span for read in self.spans if (span := read(facts)) is not None]
        return {day for span in spans for day in span}


def compiled(node: Node) -> Condition:
    """The condition as plain functions."""
    leaves = list(leaves_of(node))
    spans = tuple([_span(leaf) for leaf in leaves if isinstance(leaf, Ago)])
    return Condition(_test(node), spans, frozenset(FIELDS[leaf.field].source for leaf in leaves))


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Everything that a condition asks of a field."""
    match node:
        case All(of) | AnyOf(of):
            for each in of:
                yield from leaves_of(each)
        case Not(each):
            yield from leaves_of(each)
        case _:
            yield node


def _test(node: Node) -> Test:
    match node:
        case All(of):
            return _all([_test(each) for each in of])
        case AnyOf(of):
            return _any([_test(each) for each in of])
        case Not(each):
            return _not(_test(each))
        case Between():
            return _between(node)
        case Ago():
            return _ago(node)
        case During():
            return _during(node)
        case OneOf():
            return _one_of(node)
        case Known():
            return _known(node)


def _all(tests: list[Test]) -> Test:
    def test(facts: Facts, today: int) -> Truth:
        answer: Truth = True
        for each in tests:
            one = each(facts, today)
            if one is False:
                return False
            if one is None:
                answer = None
        return answer

    return tests[0] if len(tests) == 1 else test


def _any(tests: list[Test]) -> Test:
    def test(facts: Facts, today: int) -> Truth:
        answer: Truth = False
        for each in tests:
            one = each(facts, today)
            if one:
                return True
            if one is None:
                answer = None
        return answer

    return tests[0] if len(tests) == 1 else test


def _not(inner: Test) -> Test:
    def test(facts: Facts, today: int) -> Truth:
        answer = inner(facts, today)
        return None if answer is None else not answer

    return test


def _between(leaf: Between) -> Test:
    read, (_, lowest, highest) = FIELDS[leaf.field].read, leaf

    def test(facts: Facts, today: int) -> Truth:  # noqa: ARG001
        value = read(facts)
        if value is None:
            return None
        return (lowest is None or value >= lowest) and (highest is None or value <= highest)

    return test


def _ago(leaf: Ago) -> Test:
    span = _span(leaf)

    def test(facts: Facts, today: int) -> Truth:
        days = span(facts)
        return None if days is None else days.first <= today < days.end

    return test


def _span(leaf: Ago) -> Callable[[Facts], Span | None]:
    read, (_, unit, calendar, lowest, highest) = FIELDS[leaf.field].read, leaf

    def span(facts: Facts) -> Span | None:
        day = read(facts)
        return None if day is None else span_of_ages(day, unit, calendar, lowest, highest)

    return span


def _during(leaf: During) -> Test:
    read, (_, first, end) = FIELDS[leaf.field].read, leaf

    def test(facts: Facts, today: int) -> Truth:  # noqa: ARG001
        day = read(facts)
        return None if day is None else first <= day < end

    return test


def _one_of(leaf: OneOf) -> Test:
    read, words = FIELDS[leaf.field].read, leaf.words

    def test(facts: Facts, today: int) -> Truth:  # noqa: ARG001
        word = read(facts)
        return None if word is None else word in words

    return test


def _known(leaf: Known) -> Test:
    read, known = FIELDS[leaf.field].read, leaf.known

    def test(facts: Facts, today: int) -> Truth:  # noqa: ARG001
        return (read(facts) is not None) == known

    return test
