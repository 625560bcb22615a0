"""Challenges of every kind, drawn from a source of chance."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from builders.accounts import DAYS, at
from builders.rules import base_of, when_of
from loyalty.domain.act_rules import REVIEWED
from loyalty.domain.challenge_rules import (
    ACTS,
    ALL_CATEGORIES,
    ALL_PRODUCTS,
    CATEGORIES,
    IN_A_ROW,
    OF_WORDS,
    ORDERS,
    PRODUCTS,
    SPEND,
    Challenge,
    Challenges,
    Goal,
)
from loyalty.domain.conditions import When
from loyalty.domain.programme import Programme
from loyalty.domain.spans import DATES, EACH, ROLLING, Span
from loyalty.domain.windows import Once, Yearly

# What arrives together in a story: it has programmes.
Batch = TypeVar("Batch", bound=Any)


def challenge(name: str, goal: Goal, points: int = 100, **more: Any) -> Challenge:
    return Challenge(name, (("en", name),), goal, points=points, **more)


def challenged(programme: Programme, *some: Challenge) -> Programme:
    return replace(programme, challenges=Challenges(some))


def goal_of(random: Random) -> Goal:
    """Some goal."""
    return random.choice(
        [
            Goal(ORDERS, random.randint(1, 3)),
            Goal(SPEND, random.choice([100, 999, 4000]) * 10**9),
            Goal(CATEGORIES, 2),
            Goal(PRODUCTS, random.randint(1, 3)),
            Goal(ALL_CATEGORIES, 2, frozenset({"tea", "gold"})),
            Goal(ALL_PRODUCTS, 2, frozenset({"p", "r"})),
            Goal(ACTS, random.randint(1, 2), on=REVIEWED),
            Goal(IN_A_ROW, 2, per=random.choice(["month", "jalali_month", "week"])),
        ]
    )


def span_of(random: Random, first_day: int) -> Span:
    """Some span."""
    return random.choice(
        [
            Span(),
            Span(EACH, per=random.choice(["month", "jalali_month", "jalali_year", "week"])),
            Span(ROLLING, days=random.choice([1, 7, 31])),
            Span(DATES, window=Once(first_day, first_day + 30)),
            Span(DATES, window=Yearly("jalali", (12, 1), (1, 13))),
        ]
    )


def challenge_of(random: Random, name: str, tiers: int, first_day: int) -> Challenge:
    """Some challenge."""
    goal, span = goal_of(random), span_of(random, first_day)
    if goal.kind == IN_A_ROW and span.kind in {EACH, ROLLING}:
        span = Span()
    when = replace(when_of(random, tiers, first_day), first_order=None) if random.random() < 0.4 else When()
    return challenge(
        name,
        goal,
        random.choice([0, 40, 100]),
        within=span,
        when=when,
        base=base_of(random),
        badge=random.choice(["", "star"]),
        times=1 if goal.kind in OF_WORDS and span.kind != ROLLING else random.choice([1, 1, 3]),
        hold_days=random.choice([None, 0, 3]),
    )


def with_challenges(programme: Programme, random: Random, first_day: int, *, dates: bool = False) -> Programme:
    """The programme with some challenges beside its rules; with ``dates`` all are about some days."""
    tiers, some = len(programme.tiers), list[Challenge]()
    for place in range(random.randint(1, 3)):
        one = challenge_of(random, f"c{place}", tiers, first_day)
        if dates:
            begin = first_day + random.randrange(60)
            one = replace(one, within=Span(DATES, window=Once(begin, begin + random.randrange(20))), times=1)
        some.append(one)
    return challenged(programme, *some)


def challenging(random: Random, batches: Iterable[Batch]) -> Iterator[Batch]:
    """The batches of a story, with challenges in some versions: in most stories about some dates alone."""
    known: dict[Programme, Programme] = {}
    dates = random.random() < 0.7
    for batch in batches:
        for version in batch.programmes:
            if version not in known:
                challenged = with_challenges(version, random, DAYS.day_of(at(0)), dates=dates)
                known[version] = challenged if random.random() < 0.8 else version
        yield replace(batch, programmes=[known[version] for version in batch.programmes])
