"""The sections ``challenges`` and ``badges`` of version 2."""

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from loyalty.domain.act_rules import DONE
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
    Badge,
    Challenge,
    Challenges,
    Goal,
)
from loyalty.domain.conditions import Base
from loyalty.domain.money import billionths
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.spans import DATES, EACH, ROLLING, Span
from loyalty.programme.document.acts import Per
from loyalty.programme.document.amounts import Amount, Days
from loyalty.programme.document.conditions import Counting, WhenSection
from loyalty.programme.document.windows import WindowSection
from loyalty.programme.document.words import Member, Members, RuleName
from mandegar.documents.model import DocumentModel, WholeNumber, located
from mandegar.documents.nodes import Path

CHALLENGES_MAX = 50
TARGET_MAX = 1_000
TIMES_MAX = 100

Title: TypeAlias = Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]
Titles: TypeAlias = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Title], Field(min_length=1, max_length=20)
]
Target: TypeAlias = Annotated[WholeNumber, Field(ge=1, le=TARGET_MAX)]
CountedAct: TypeAlias = Literal["customer.logged_in", "review.submitted", "survey.responded", "act.done"]
_GOALS = (ORDERS, SPEND, CATEGORIES, PRODUCTS, ALL_CATEGORIES, ALL_PRODUCTS, ACTS, IN_A_ROW)


class GoalSection(DocumentModel):
    """What is to be reached: one of so many orders, an amount spent, so many different categories or products, all of
    some, so many acts ``of`` a type, or so many periods ``per`` in a row with an order in each.
    """

    orders: Target | None = None
    spend: Amount | None = None
    categories: Target | None = None
    products: Target | None = None
    all_categories: Members | None = None
    all_products: Members | None = None
    acts: Target | None = None
    of: CountedAct | None = None
    act: Annotated[str | None, Field(min_length=1, max_length=60, pattern="^[a-z0-9][a-z0-9_-]*$")] = None
    in_a_row: Annotated[WholeNumber | None, Field(ge=2, le=TARGET_MAX)] = None
    per: Per | None = None

    @model_validator(mode="after")
    def _is_one_goal(self) -> Self:
        stated = [name for name in _GOALS if getattr(self, name) is not None]
        errors: list[tuple[Path, str]] = []
        if len(stated) != 1:
            errors.append(((), f"one of {', '.join(_GOALS)} must be stated"))
        if self.spend is not None and not self.spend:
            errors.append((("spend",), "must be more than 0"))
        if (self.of is not None) != (self.acts is not None):
            errors.append((("of",), "is for acts, and required there: the type of their events"))
        if (self.act is not None) != (self.of == DONE):
            errors.append((("act",), f"is for acts of {DONE}, and required there: the name of the act"))
        if (self.per is not None) != (self.in_a_row is not None):
            errors.append((("per",), "is for in_a_row, and required there: the periods"))
        for name in (ALL_CATEGORIES, ALL_PRODUCTS):
            words = getattr(self, name) or ()
            errors += [((name, place), "is named above") for place, word in enumerate(words) if word in words[:place]]
        if errors:
            raise located(*errors)
        return self

    def goal(self) -> Goal:
        """The goal as it is computed."""
        kind = next(name for name in _GOALS if getattr(self, name) is not None)
        if kind == SPEND:
            return Goal(kind, billionths(self.spend or Decimal(0)))
        if kind in {ALL_CATEGORIES, ALL_PRODUCTS}:
            members: list[Member] = getattr(self, kind)
            written = tuple([(member.published, member.written) for member in members])
            spelt = tuple([(other, member.published) for member in members for other in member.others])
            return Goal(kind, len(written), frozenset(dict(written)), written=written, spelt=spelt)
        return Goal(kind, getattr(self, kind), on=self.of or "", act=self.act or "", per=self.per or "")


class WithinSection(DocumentModel):
    """Some ``dates``, any ``days`` in a row, or ``each`` period anew."""

    dates: WindowSection | None = None
    days: Annotated[WholeNumber | None, Field(ge=1, le=3_660)] = None
    each: Per | None = None

    @model_validator(mode="after")
    def _is_one_span(self) -> Self:
        if len([span for span in (self.dates, self.days, self.each) if span is not None]) != 1:
            raise located(((), "one of dates, days and each must be stated"))
        return self

    def span(self) -> Span:
        """The span as it is computed."""
        if self.dates is not None:
            return Span(DATES, window=self.dates.window())
        return Span(ROLLING, days=self.days) if self.days is not None else Span(EACH, per=self.each or "")


class ChallengeSection(DocumentModel):
    """Who reaches a ``goal`` ``within`` a span is given ``points``, a ``badge`` or both, at most ``times``.

    ``when`` says which orders or acts count, also by the tier that the customer has then.
    """

    name: RuleName
    title: Titles
    goal: GoalSection
    within: WithinSection | None = None
    when: WhenSection = WhenSection()
    count: Counting | None = None
    points: Annotated[WholeNumber, Field(ge=0, le=POINTS_MAX)] = 0
    badge: str | None = None
    times: Annotated[WholeNumber, Field(ge=1, le=TIMES_MAX)] = 1
    hold_days: Days | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        goal, within, when = self.goal, self.within or WithinSection.model_construct(), self.when
        errors: list[tuple[Path, str]] = []
        if not self.points and self.badge is None:
            errors.append(((), "gives nothing: points or a badge is needed"))
        for_rules = [name for name in ("first_order", "birthday") if getattr(when, name) is not None]
        errors += [(("when", name), "is for rules about orders") for name in for_rules]
        if goal.acts is not None:
            of_orders = ("categories", "products", "min_spend")
            stated = [name for name in of_orders if getattr(when, name) is not None]
            errors += [(("when", name), "is for orders, and the challenge is about acts") for name in stated]
            if self.count is not None:
                errors.append((("count",), "is for orders, and the challenge is about acts"))
        if goal.in_a_row is not None and (within.days is not None or within.each is not None):
            errors.append((("within",), "what is in a row may be within dates, or without within"))
        if self.times > 1 and within.days is None and goal.goal().kind in OF_WORDS:
            errors.append((("times",), "what is different is so once: use within each, or days"))
        if errors:
            raise located(*errors)
        return self

    def challenge(self, tiers: list[str], base: Base) -> Challenge:
        """The challenge as it is computed; ``tiers`` are the names of the levels, ``base`` what counts of an order."""
        return Challenge(
            name=self.name,
            titles=tuple(sorted(self.title.items())),
            goal=self.goal.goal(),
            within=Span() if self.within is None else self.within.span(),
            when=self.when.when(tiers),
            base=base if self.count is None else self.count.counted(),
            points=self.points,
            badge=self.badge or "",
            times=self.times,
            hold_days=self.hold_days,
        )


class BadgeSection(DocumentModel):
    """A badge that challenges give."""

    name: RuleName
    title: Titles


ChallengesOf: TypeAlias = Annotated[list[ChallengeSection], Field(max_length=CHALLENGES_MAX)]
BadgesOf: TypeAlias = Annotated[list[BadgeSection], Field(max_length=CHALLENGES_MAX)]


def errors_among(
    challenges: list[ChallengeSection], badges: list[BadgeSection], rules: Collection[str], tiers: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """What is wrong with challenges and badges together, and beside other rules and the tiers."""
    for section, names in (("challenges", [one.name for one in challenges]), ("badges", [one.name for one in badges])):
        for place, name in enumerate(names):
            if name in names[:place]:
                yield (section, place, "name"), "another one above has the same name"
    named = {badge.name for badge in badges}
    for place, challenge in enumerate(challenges):
        if challenge.name in rules:
            yield ("challenges", place, "name"), "a rule has the same name, and entries of the ledger name both"
        if challenge.badge is not None and challenge.badge not in named:
            yield ("challenges", place, "badge"), "there is no such badge in badges"
        for at, tier in enumerate(challenge.when.tiers or ()):
            if tier not in tiers:
                yield ("challenges", place, "when", "tiers", at), "there is no such level in tiers"


def challenges_of(
    challenges: list[ChallengeSection], badges: list[BadgeSection], tiers: list[str], base: Base, since: int | None
) -> Challenges | None:
    """The challenges of a version that was stored at an instant; None if there are none.

    ``base`` is what counts of an order for the rules of the version.
    """
    if not challenges:
        return None
    return Challenges(
        tuple([each.challenge(tiers, base) for each in challenges]),
        tuple([Badge(each.name, tuple(sorted(each.title.items()))) for each in badges]),
        since,
    )
