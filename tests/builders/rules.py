"""Programmes with rules of every kind, and orders with lines, drawn from a source of chance."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from loyalty.domain.conditions import Base, When
from loyalty.domain.earning import Earning, Multiplier, Rule
from loyalty.domain.lines import Line, Lines
from loyalty.domain.orders import DELIVERED, PAID, PLACED, UPDATED, Fact
from loyalty.domain.programme import Programme
from loyalty.domain.windows import Hours, Once, Yearly

CATEGORIES, PRODUCTS, CHANNELS, BRANCHES = ("tea", "gold"), ("p", "q", "r"), ("web", "app"), ("vanak", "")


def _some(random: Random, words: tuple[str, ...]) -> frozenset[str] | None:
    return frozenset(random.sample(words, random.randint(1, len(words)))) if random.random() < 0.25 else None


def when_of(random: Random, tiers: int, first_day: int) -> When:
    """Some conditions."""
    windows = (
        Yearly("jalali", (12, 20), (1, 13)),
        Yearly("gregorian", (4, 1), (5, 15)),
        Once(first_day + 10, first_day + 40),
    )
    return When(
        tiers=frozenset([random.randrange(tiers)]) if random.random() < 0.15 else None,
        first_order=random.choice([True, True, False]) if random.random() < 0.35 else None,
        channels=_some(random, CHANNELS),
        branches=_some(random, BRANCHES),
        weekdays=frozenset(random.sample(range(7), 4)) if random.random() < 0.2 else None,
        windows=(random.choice(windows),) if random.random() < 0.3 else (),
        hours=(random.choice([Hours(600, 900), Hours(1300, 300)]),) if random.random() < 0.2 else (),
        categories=_some(random, CATEGORIES),
        products=_some(random, PRODUCTS),
        min_spend=random.choice([0, 0, 300, 1000]) * 10**9,
    )


def base_of(random: Random) -> Base:
    """What of an order counts."""
    return Base(
        *[random.random() < 0.3 for _ in range(2)],
        *[random.random() < 0.6 for _ in range(4)],
        frozenset({"gold"}) if random.random() < 0.3 else frozenset(),
        frozenset({"q"}) if random.random() < 0.2 else frozenset(),
    )


def ruled(programme: Programme, random: Random, first_day: int) -> Programme:
    """The programme with rules instead of its rate."""
    bases, tiers = [base_of(random), base_of(random)], len(programme.tiers)
    rules = [
        Rule(
            f"rule-{place}",
            Decimal(random.choice([1, 2, 30])),
            Decimal(random.choice(["10", "7.5", "100"])) if random.random() < 0.7 else None,
            when_of(random, tiers, first_day),
            random.choice(bases),
        )
        for place in range(random.randint(1, 5))
    ]
    multipliers = [
        Multiplier(f"times-{place}", Decimal(random.choice(["2", "1.2", "3"])), when_of(random, tiers, first_day))
        for place in range(random.randint(0, 3))
    ]
    earning = Earning(
        rules=tuple(rules),
        tiers=tuple(tier.multiplier for tier in programme.tiers),
        stacking=random.choice(["add", "best", "first"]),
        rounding=random.choice(["down", "nearest", "up"]),
        multipliers=tuple(multipliers),
        multiplier_stacking=random.choice(["add", "best", "first"]),
    )
    return replace(programme, earning=earning, wait_days=random.choice([None, None, 2, 20]))


def lines_of(random: Random, total: int) -> Lines | None:
    """Some lines, which may or may not come to the total."""
    if random.random() < 0.3:
        return None
    items = tuple(
        Line(
            random.choice(PRODUCTS),
            random.choice([0, total // 3, 250 * 10**9, total]),
            random.choice(("", *CATEGORIES)),
            random.choice([0, 0, 0, 1]),
        )
        for _ in range(random.randrange(4))
    )
    parts = [random.choice([0, 0, 10**10, 10**12]) for _ in range(3)]
    discount = random.choice([None, 0, 10**11])
    return Lines(items, random.choice(("", *CHANNELS)), random.choice(BRANCHES), *parts, discount)


def as_ruled(told: tuple[str, Fact], random: Random) -> tuple[str, Fact]:
    """What an event tells, with lines if it is a snapshot; some other events are deliveries instead."""
    order_id, fact = told
    if fact.kind in {PAID, PLACED, UPDATED}:
        return order_id, fact._replace(lines=lines_of(random, fact.amount))
    if fact.kind in {"refund", "moved"} and random.random() < 0.3:
        return order_id, Fact(fact.at, fact.event_id, DELIVERED, 0)
    return told
