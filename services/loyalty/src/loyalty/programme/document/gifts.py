"""The sections ``occasions``, ``away`` and ``surprises`` of version 2: points that no act asks for."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from math import floor
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from loyalty.domain.act_rules import (
    AWAY,
    BIRTHDAY,
    COMPLETED,
    DONE,
    OCCASION,
    ORDERS,
    SIGNED_UP,
    SURPRISE,
    ActRule,
    Limit,
    Occasion,
    Surprise,
)
from loyalty.domain.money import billionths
from loyalty.domain.surprises import NUMBERS
from loyalty.domain.windows import GREGORIAN, JALALI, day_of
from loyalty.domain.yearly import MonthDay
from loyalty.programme.document.acts import LimitOf, Points, RuleName
from loyalty.programme.document.amounts import Amount, Days, SomeDays
from loyalty.programme.document.draws import DrawOf
from loyalty.programme.document.occasion_coupons import CouponOf
from mandegar.documents.model import DocumentModel, Number, located
from mandegar.documents.nodes import Path
from mandegar.quantities import whole_of

GIFTS_MAX = 50
_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")
# A leap year of each calendar.
_LEAP = {GREGORIAN: 2028, JALALI: 1408}
_HUNDRED = 100

Errors: TypeAlias = Iterator[tuple[Path, str]]
Band: TypeAlias = Literal["cooling", "at_risk", "lost"]
Tiers: TypeAlias = Annotated[list[str], Field(max_length=20)]


class OccasionOf(DocumentModel):
    """``points``, or a ``coupon``, on a day of each year: the birthday, the anniversary of the first day as a customer,
    a date of the profile, or a ``day``.
    """

    name: RuleName
    on: Literal["birthday", "membership", "profile", "day"]
    calendar: Literal["gregorian", "jalali"] = GREGORIAN
    field: Annotated[str | None, Field(min_length=1, max_length=64)] = None
    day: str | None = None
    points: Points | None = None
    coupon: CouponOf | None = None
    hold_days: Days = 0
    expiry_days: SomeDays | None = None
    tiers: Tiers = Field(default_factory=list)
    member_days: Days = 0
    known_days: Days = 0

    @model_validator(mode="after")
    def _says_which_day(self) -> Self:
        errors: list[tuple[Path, str]] = []
        if (self.field is not None) != (self.on == "profile"):
            errors.append((("field",), "is for profile, and required there: the attribute that has the date"))
        if (self.day is not None) != (self.on == "day"):
            errors.append((("day",), "is for day, and required there: month and day, such as 12-21"))
        elif self.day is not None and self._month_day() is None:
            errors.append((("day",), f"there is no such day in the {self.calendar} calendar"))
        if self.known_days and self.on not in ("birthday", "profile"):
            errors.append((("known_days",), "is for dates that customers tell"))
        if (self.points is None) == (self.coupon is None):
            errors.append(((), "gives either points or a coupon"))
        if self.coupon is not None:
            errors += [((name,), "is for points") for name in ("hold_days", "expiry_days") if getattr(self, name)]
        if errors:
            raise located(*errors)
        return self

    def _month_day(self) -> MonthDay | None:
        found = _DAY.fullmatch(self.day or "")
        if found is None:
            return None
        at = MonthDay(whole_of(found.group(1)), whole_of(found.group(2)))
        try:
            day_of(_LEAP[self.calendar], at.month, at.day, self.calendar)
        except ValueError:
            return None
        return at

    def rule(self) -> ActRule:
        """The rule as it is computed."""
        field = BIRTHDAY if self.on == "birthday" else self.field or ""
        occasion = Occasion(self.calendar, field, self._month_day(), self.member_days, self.known_days)
        return ActRule(
            name=self.name,
            on=OCCASION,
            points=self.points or 0,
            hold_days=self.hold_days,
            tiers=frozenset(self.tiers),
            expiry_days=self.expiry_days,
            occasion=occasion,
            coupon=None if self.coupon is None else self.coupon.coupon(),
        )


class AwayOf(DocumentModel):
    """``points`` for whoever drifts away, at most once in ``every_days``; they last ``expiry_days``."""

    name: RuleName
    bands: Annotated[list[Band], Field(min_length=1, max_length=3)]
    points: Points
    expiry_days: SomeDays
    every_days: SomeDays
    tiers: Tiers = Field(default_factory=list)

    def rule(self) -> ActRule:
        """The rule as it is computed."""
        return ActRule(
            name=self.name,
            on=AWAY,
            points=self.points,
            hold_days=0,
            tiers=frozenset(self.tiers),
            cooldown_days=self.every_days,
            expiry_days=self.expiry_days,
            bands=frozenset(self.bands),
        )


class SurpriseOf(DocumentModel):
    """``points`` for a paid order that wins, which ``chance`` per cent of them do: which ones, ``seed`` decides."""

    name: RuleName
    chance: Annotated[Number, Field(ge=Decimal("0.001"), le=_HUNDRED)]
    seed: Annotated[str, Field(min_length=16, max_length=200)]
    points: Points
    min_spend: Amount | None = None
    hold_days: Days | None = None
    expiry_days: SomeDays | None = None
    tiers: Tiers = Field(default_factory=list)
    limits: Annotated[list[LimitOf], Field(max_length=5)] = Field(default_factory=list)

    def rule(self) -> ActRule:
        """The rule as it is computed."""
        least = 0 if self.min_spend is None else billionths(self.min_spend)
        return ActRule(
            name=self.name,
            on=SURPRISE,
            points=self.points,
            hold_days=self.hold_days,
            tiers=frozenset(self.tiers),
            limits=tuple([Limit(limit.times, limit.per) for limit in self.limits]),
            expiry_days=self.expiry_days,
            surprise=Surprise(self.seed, floor(self.chance * NUMBERS / _HUNDRED), least),
        )


OccasionsOf: TypeAlias = Annotated[list[OccasionOf], Field(max_length=GIFTS_MAX)]
AwaysOf: TypeAlias = Annotated[list[AwayOf], Field(max_length=GIFTS_MAX)]
SurprisesOf: TypeAlias = Annotated[list[SurpriseOf], Field(max_length=GIFTS_MAX)]
# The rules of these sections, by section.
Gifts: TypeAlias = Mapping[str, Sequence[OccasionOf | AwayOf | SurpriseOf | DrawOf]]


def errors_in_gifts(gifts: Gifts, acts: Collection[str], budgeted: Collection[str], tiers: Collection[str]) -> Errors:
    """What is wrong with these rules beside ``acts`` (names), the rules that pay out of budgets, and the tiers."""
    names = {*acts, ORDERS}
    for section, rules in gifts.items():
        for place, rule in enumerate(rules):
            if rule.name in names:
                yield (section, place, "name"), "another rule has the same name"
            names.add(rule.name)
            for at, tier in enumerate(() if isinstance(rule, DrawOf) else rule.tiers):
                if tier not in tiers:
                    yield (section, place, "tiers", at), "there is no such level in tiers"
            if isinstance(rule, OccasionOf) and rule.coupon is not None and rule.name in budgeted:
                yield (section, place), "gives a coupon: a budget of points has nothing to pay"
            if isinstance(rule, AwayOf) and rule.name not in budgeted:
                yield (section, place), "needs a budget: nobody can say how many customers will drift away at once"


def types_in_gifts(document: Mapping[str, object]) -> frozenset[str]:
    """The types of events by which these rules know what they are about, of a document as it was written."""
    types = {AWAY} if _rules_of(document.get("away")) else set()
    for rule in _rules_of(document.get("occasions")):
        on = rule.get("on")
        types |= {SIGNED_UP} if on == "membership" else {COMPLETED, DONE} if on in ("birthday", "profile") else set()
    units = [unit for unit in (document.get("earn"), document.get("credit")) if isinstance(unit, dict)]
    sections = [unit.get(section) for unit in units for section in ("rules", "multipliers")]
    whens = [rule.get("when") for section in sections for rule in _rules_of(section)]
    if any(isinstance(when, dict) and BIRTHDAY in when for when in whens):
        types |= {COMPLETED, DONE}
    return frozenset(types)


def _rules_of(section: object) -> list[Mapping[str, object]]:
    return [rule for rule in section if isinstance(rule, dict)] if isinstance(section, list) else []
