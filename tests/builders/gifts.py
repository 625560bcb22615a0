"""Dates that customers tell, crossings into bands of churn, and rules that give points for such things."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from builders.accounts import at
from loyalty.domain.act_rules import (
    AWAY,
    BIRTHDAY,
    COMPLETED,
    DATES_CONFIRMED,
    DONE,
    OCCASION,
    SURPRISE,
    ActRule,
    Acts,
    Occasion,
    Surprise,
)
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import ACTED, Fact
from loyalty.domain.programme import Programme
from loyalty.domain.surprises import NUMBERS
from loyalty.domain.windows import GREGORIAN, JALALI
from loyalty.domain.yearly import MonthDay, code_of
from mandegar.quantities import DAY_US


def told(event_id: str, days: float, day: date, field: str = BIRTHDAY) -> tuple[str, Fact]:
    """A date of the profile was stated."""
    return key_of_act(COMPLETED, field), Fact(at(days), event_id, ACTED, code_of(day.toordinal()))


def confirmed(event_id: str, days: float) -> tuple[str, Fact]:
    """The shop has looked at the dates."""
    return key_of_act(DONE, f"{DATES_CONFIRMED}/{event_id}"), Fact(at(days), event_id, ACTED, 0)


def drifted(event_id: str, days: float, band: str = "at_risk") -> tuple[str, Fact]:
    """Churn saw the customer fall into a band."""
    return key_of_act(AWAY, f"{band}/{event_id}"), Fact(at(days), event_id, ACTED, 0)


def occasion(name: str, points: int, calendar: str = GREGORIAN, **more: Any) -> ActRule:
    """Without a field of the profile, or a day, the anniversary of the first day as a customer."""
    of_rule = {key: more.pop(key) for key in ("tiers", "expiry_days") if key in more}
    return ActRule(name, OCCASION, points, hold_days=0, occasion=Occasion(calendar, **more), **of_rule)


def birthday(points: int = 200, calendar: str = GREGORIAN, **more: Any) -> ActRule:
    return occasion("birthday", points, calendar, field=BIRTHDAY, **more)


def away(points: int = 50, every_days: int = 30) -> ActRule:
    return ActRule(
        "away", AWAY, points, hold_days=0, cooldown_days=every_days, expiry_days=14, bands=frozenset({"at_risk"})
    )


def surprise(points: int, share: float, least: int = 0, **more: Any) -> ActRule:
    """That share of orders wins."""
    drawn = Surprise("a seed of the tests", round(share * NUMBERS), least * 10**9)
    return ActRule("lucky", SURPRISE, points, surprise=drawn, **more)


GIFTS = (
    birthday(200, expiry_days=20),
    occasion("years", 10, expiry_days=3),
    occasion("spring", 30, JALALI, on=MonthDay(2, 1), member_days=3),
    occasion("gold", 40, on=MonthDay(6, 1), tiers=frozenset({"gold"})),
    away(every_days=30),
    surprise(500, share=0.2, least=250),
)


def with_gifts(random: Random, batches: Iterable[Any]) -> Iterator[Any]:
    """The batches, with days of the year, dates that change, crossings, and orders that win."""
    known: dict[Programme, Programme] = {}
    some = random.choice([GIFTS[:3], GIFTS[:3], GIFTS[5:], GIFTS])
    for number, batch in enumerate(batches):
        for version in batch.programmes:
            if version not in known:
                acts = Acts(tuple(random.sample(some, random.randrange(1, len(some) + 1))))
                known[version] = replace(version, acts=random.choice([None, acts, acts, acts]))
        facts = [*batch.facts]
        if random.random() < 0.2:
            event_id, day = str(UUID(int=10**7 + number)), (batch.now - at(0)) / DAY_US - random.choice([0, 0, 3, 20])
            born = date(1990, random.randrange(3, 9), 9)
            facts.append(random.choice([told(event_id, day, born), drifted(event_id, day), confirmed(event_id, day)]))
        yield replace(batch, facts=facts, programmes=[known[version] for version in batch.programmes])
