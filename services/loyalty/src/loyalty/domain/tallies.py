"""What a customer has done for a challenge in one of its periods, and how often that completes it."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from loyalty.domain.challenge_rules import ALL_CATEGORIES, ALL_PRODUCTS, IN_A_ROW, OF_WORDS, Challenge
from loyalty.domain.spans import ROLLING
from mandegar.quantities import DAY_US

# What one order or act is worth for a challenge: a number, the number of a period, or words.
Worth: TypeAlias = int | frozenset[str]
_OF_SETS: Final = frozenset({ALL_CATEGORIES, ALL_PRODUCTS})


class Thing(NamedTuple):
    """An order or act that counts since ``at``."""

    at: int
    id: str
    worth: Worth


class Progress(NamedTuple):
    """``done`` of what is asked; of words, those that are there. ``ends_at``: the progress shrinks then."""

    done: int
    words: frozenset[str] = frozenset()
    ends_at: int | None = None


class Tally:
    """The things that count for a challenge in one of its periods. ``completions``: how often they complete it."""

    def __init__(self, challenge: Challenge) -> None:
        self.challenge = challenge
        self._things: dict[str, Thing] = {}
        self._sum = 0
        self._words: Counter[str | int] = Counter()

    def put(self, thing_id: str, at: int, worth: Worth | None) -> bool:
        """Let a thing count for so much from now on (None: not at all); returns whether that is anything new."""
        previous = self._things.get(thing_id)
        if worth == (None if previous is None else previous.worth):
            return False
        if previous is not None:
            self._count(self._things.pop(thing_id), -1)
        if worth is not None:
            self._things[thing_id] = Thing(at, thing_id, worth)
            self._count(self._things[thing_id], 1)
        return True

    def _count(self, thing: Thing, sign: int) -> None:
        if isinstance(thing.worth, int) and self.challenge.goal.kind != IN_A_ROW:
            self._sum += sign * thing.worth
            return
        for word in thing.worth if isinstance(thing.worth, frozenset) else (thing.worth,):
            self._words[word] += sign
            if not self._words[word]:
                del self._words[word]

    def has(self, word: str | int | None) -> bool:
        """Whether anything counts for a word, or for the number of a period."""
        return word is not None and self._words[word] > 0

    @property
    def completions(self) -> int:
        """How often the challenge is completed, no more than it may be."""
        challenge = self.challenge
        kind, target = challenge.goal.kind, challenge.goal.target
        if kind == IN_A_ROW:
            found = sum([length // target for length in _runs(self._words).values()])
        elif kind in OF_WORDS:
            found = 1 if _is_complete(challenge, self._words) else 0
        else:
            found = self._sum // target
        return min(found, challenge.times)

    def progress(self, challenge: Challenge, now: int, period: int | None, least: int = 1) -> Progress:  # noqa: ARG002
        """How far it is to the next completion of the challenge as it is in force now, which may ask for more or less
        than when something counted last. ``period`` is the present one of what is counted in a row, ``least`` the least
        that can be missing.
        """
        kind, target = challenge.goal.kind, challenge.goal.target
        if kind in OF_WORDS:
            words = _of_goal(challenge, self._words)
            return self._progress(challenge, least, len(words), words)
        if kind == IN_A_ROW:
            runs = _runs(self._words)
            length = max(runs.get(period or 0, 0), runs.get((period or 0) - 1, 0))
            return self._progress(challenge, least, length % target)
        return self._progress(challenge, least, self._sum - self.completions * target)

    def _progress(
        self,
        challenge: Challenge,
        least: int,
        done: int,
        words: frozenset[str] = frozenset(),
        ends_at: int | None = None,
    ) -> Progress:
        """All that is asked if there is nothing more to complete. Else at least one thing more has to count, also where
        another version of the challenge asks for less than is there: then the ``least`` is missing.
        """
        target = challenge.goal.target
        if self.completions >= challenge.times:
            return Progress(target, words)
        return Progress(min(max(done, 0), max(target - least, 0)), words, ends_at)


class _Standing(NamedTuple):
    """What is open after a thing: those from the place ``begin`` on, worth ``open``; ``found`` completions by then."""

    begin: int
    open: int
    found: int


_AT_FIRST = _Standing(0, 0, 0)


class RollingTally(Tally):
    """A tally of things within some days: each completion uses up those that it counts.

    A thing that changes is counted anew with those after it alone, and only once it is asked what came of it: somebody
    with thousands of orders has hundreds of refunds.
    """

    def __init__(self, challenge: Challenge) -> None:
        super().__init__(challenge)
        self._in_order: list[Thing] = []
        self._standings: list[_Standing] = []  # after each of them, as far as they have been counted

    def put(self, thing_id: str, at: int, worth: Worth | None) -> bool:
        """Let a thing count for so much from now on."""
        previous = self._things.get(thing_id)
        if not super().put(thing_id, at, worth):
            return False
        if previous is not None:
            place = bisect_left(self._in_order, previous)
            del self._in_order[place], self._standings[place:]
        if worth is not None:
            thing = self._things[thing_id]
            place = bisect_left(self._in_order, thing)
            self._in_order.insert(place, thing)
            del self._standings[place:]
        return True

    @property
    def completions(self) -> int:
        """How often the challenge is completed, no more than it may be."""
        return self._standing().found

    def progress(self, challenge: Challenge, now: int, period: int | None, least: int = 1) -> Progress:  # noqa: ARG002
        """How far it is to the next completion of the challenge as it is in force now, by what is not too long ago."""
        since = now - challenge.within.days * DAY_US
        kept = [thing for thing in self._in_order[self._standing().begin :] if thing.at > since]
        done, words = _worth_of(kept, challenge)
        ends_at = kept[0].at + challenge.within.days * DAY_US if kept else None
        return self._progress(challenge, least, done, words, ends_at)

    def _standing(self) -> _Standing:
        """After all things; those that changed, and those after them, are counted."""
        things, standings = self._in_order, self._standings
        begin, worth, found = standings[-1] if standings else _AT_FIRST
        goal, most, days_us = self.challenge.goal, self.challenge.times, self.challenge.within.days * DAY_US
        words: Counter[str] | None = None
        if goal.kind in OF_WORDS:
            words = Counter(_words_of(things[begin : len(standings)], self.challenge))
            worth = len(words)  # by the words that the challenge asks for now
        for place in range(len(standings), len(things)):
            if found >= most:
                begin, worth = place + 1, 0
                standings.append(_Standing(begin, worth, found))
                continue
            thing = things[place]
            while begin < place and things[begin].at <= thing.at - days_us:
                worth -= self._leave(things[begin], words)
                begin += 1
            worth += self._join(thing, words)
            if worth >= goal.target:
                begin, worth, found = place + 1, 0, found + 1
                if words:
                    words.clear()
            standings.append(_Standing(begin, worth, found))
        return standings[-1] if standings else _AT_FIRST

    def _join(self, thing: Thing, words: Counter[str] | None) -> int:
        """By how much what is open is worth more with a thing: its number, or how many words are new."""
        if words is None:
            return thing.worth if isinstance(thing.worth, int) else 0
        before = len(words)
        words.update(_words_of([thing], self.challenge))
        return len(words) - before

    def _leave(self, thing: Thing, words: Counter[str] | None) -> int:
        """By how much it is worth less without a thing."""
        if words is None:
            return thing.worth if isinstance(thing.worth, int) else 0
        before = len(words)
        for word in _words_of([thing], self.challenge):
            words[word] -= 1
            if not words[word]:
                del words[word]
        return before - len(words)


def tally_of(challenge: Challenge) -> Tally:
    """A new tally for a challenge."""
    return RollingTally(challenge) if challenge.within.kind == ROLLING else Tally(challenge)


def _words_of(things: Iterable[Thing], challenge: Challenge) -> Iterator[str]:
    """The words of each thing that count."""
    for thing in things:
        if isinstance(thing.worth, frozenset):
            yield from _of_goal(challenge, thing.worth)


def _worth_of(things: Sequence[Thing], challenge: Challenge) -> tuple[int, frozenset[str]]:
    """What some things are worth together, and their words that count."""
    if challenge.goal.kind not in OF_WORDS:
        return sum([thing.worth for thing in things if isinstance(thing.worth, int)]), frozenset()
    words = frozenset(_words_of(things, challenge))
    return len(words), words


def _of_goal(challenge: Challenge, words: Iterable[str | int]) -> frozenset[str]:
    """The words that count: of a set its members."""
    named = frozenset([word for word in words if isinstance(word, str)])
    return challenge.goal.words & named if challenge.goal.kind in _OF_SETS else named


def _is_complete(challenge: Challenge, words: Collection[str | int]) -> bool:
    goal = challenge.goal
    if goal.kind in _OF_SETS:
        return len([word for word in goal.words if word in words]) >= goal.target
    return len(words) >= goal.target


def _runs(numbers: Iterable[str | int]) -> dict[int, int]:
    """How many periods in a row there are, by the last one of each."""
    runs: dict[int, int] = {}
    for number in sorted([number for number in numbers if isinstance(number, int)]):
        runs[number] = runs.pop(number - 1, 0) + 1
    return runs
