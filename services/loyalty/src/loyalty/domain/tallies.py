"""What a customer has done for a challenge in one of its periods, and how often that completes it."""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from loyalty.domain.challenge_rules import ALL_CATEGORIES, ALL_PRODUCTS, IN_A_ROW, OF_WORDS, Challenge
from loyalty.domain.spans import ROLLING
from mandegar.quantities import DAY_US

# What one order or act is worth for a challenge: a number, the number of a period, or words.
Worth: TypeAlias = int | frozenset[str]


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

    def progress(self, challenge: Challenge, now: int, period: int | None) -> Progress:  # noqa: ARG002
        """How far it is to the next completion of the challenge as it is in force now, which may ask for more or less
        than when something counted last. ``period`` is the present one of what is counted in a row.
        """
        kind, target = challenge.goal.kind, challenge.goal.target
        if kind in OF_WORDS:
            words = _of_goal(challenge, self._words)
            return self._progress(challenge, len(words), words)
        if kind == IN_A_ROW:
            runs = _runs(self._words)
            length = max(runs.get(period or 0, 0), runs.get((period or 0) - 1, 0))
            return self._progress(challenge, length % target)
        return self._progress(challenge, self._sum - self.completions * target)

    def _progress(
        self, challenge: Challenge, done: int, words: frozenset[str] = frozenset(), ends_at: int | None = None
    ) -> Progress:
        """All that is asked if there is nothing more to complete. Else at least one thing more has to count, also where
        another version of the challenge asks for less than is there.
        """
        target = challenge.goal.target
        if self.completions >= challenge.times:
            return Progress(target, words)
        return Progress(min(max(done, 0), target - 1), words, ends_at)


class RollingTally(Tally):
    """A tally of things within some days: each completion uses up those that it counts."""

    def __init__(self, challenge: Challenge) -> None:
        super().__init__(challenge)
        self._in_order: list[Thing] = []
        self._open: list[Thing] = []
        self._found = 0

    def put(self, thing_id: str, at: int, worth: Worth | None) -> bool:
        """Let a thing count for so much from now on."""
        previous = self._things.get(thing_id)
        if not super().put(thing_id, at, worth):
            return False
        if previous is not None:
            self._in_order.remove(previous)
        if worth is None:
            self._count_anew()
            return True
        thing = self._things[thing_id]
        is_last = previous is None and (not self._in_order or self._in_order[-1] < thing)
        insort(self._in_order, thing)
        if is_last:
            self._add(thing)
        else:
            self._count_anew()
        return True

    @property
    def completions(self) -> int:
        """How often the challenge is completed, no more than it may be."""
        return self._found

    def progress(self, challenge: Challenge, now: int, period: int | None) -> Progress:  # noqa: ARG002
        """How far it is to the next completion, by what is not too long ago."""
        kept = self._within(self._open, now)
        done, words = self._worth(kept)
        return self._progress(
            challenge, done, words, kept[0].at + self.challenge.within.days * DAY_US if kept else None
        )

    def _count_anew(self) -> None:
        self._open, self._found = [], 0
        for thing in self._in_order:
            self._add(thing)

    def _add(self, thing: Thing) -> None:
        if self._found >= self.challenge.times:
            return
        self._open = [*self._within(self._open, thing.at), thing]
        if self._worth(self._open)[0] >= self.challenge.goal.target:
            self._open, self._found = [], self._found + 1

    def _within(self, things: Sequence[Thing], at: int) -> list[Thing]:
        begin = at - self.challenge.within.days * DAY_US
        return [thing for thing in things if thing.at > begin]

    def _worth(self, things: Sequence[Thing]) -> tuple[int, frozenset[str]]:
        if self.challenge.goal.kind not in OF_WORDS:
            return sum([thing.worth for thing in things if isinstance(thing.worth, int)]), frozenset()
        words = frozenset(word for thing in things if isinstance(thing.worth, frozenset) for word in thing.worth)
        words = _of_goal(self.challenge, words)
        return len(words), words


def tally_of(challenge: Challenge) -> Tally:
    """A new tally for a challenge."""
    return RollingTally(challenge) if challenge.within.kind == ROLLING else Tally(challenge)


def _of_goal(challenge: Challenge, words: Iterable[str | int]) -> frozenset[str]:
    """The words that count: of a set its members."""
    is_set = challenge.goal.kind in {ALL_CATEGORIES, ALL_PRODUCTS}
    named = frozenset([word for word in words if isinstance(word, str)])
    return challenge.goal.words & named if is_set else named


def _is_complete(challenge: Challenge, words: Iterable[str | int]) -> bool:
    return len(_of_goal(challenge, words)) >= challenge.goal.target


def _runs(numbers: Iterable[str | int]) -> dict[int, int]:
    """How many periods in a row there are, by the last one of each."""
    runs: dict[int, int] = {}
    for number in sorted([number for number in numbers if isinstance(number, int)]):
        runs[number] = runs.pop(number - 1, 0) + 1
    return runs
