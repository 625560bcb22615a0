"""The sections ``acts``, ``caps`` and ``budgets`` of version 2."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from loyalty.domain.act_rules import COMPLETED, DONE, ORDERS, REVIEWED, ActRule, Acts, Budget, Cap, Limit
from loyalty.domain.money import thousandths
from loyalty.domain.programme import POINTS_MAX
from loyalty.programme.document.amounts import Amount, Days, SomeDays
from loyalty.programme.document.words import Words
from mandegar.documents.model import DocumentModel, WholeNumber, located
from mandegar.documents.nodes import Path
from mandegar.quantities import to_us

RULES_MAX = 200
CAPS_MAX = 20
_TIMES_MAX = 10_000

RuleName: TypeAlias = Annotated[str, Field(min_length=1, max_length=60, pattern="^[a-z0-9][a-z0-9_-]*$")]
ActType: TypeAlias = Literal[
    "customer.signed_up",
    "customer.logged_in",
    "review.submitted",
    "survey.responded",
    "customer.updated",
    "act.done",
]
Per: TypeAlias = Literal["day", "week", "month", "year", "jalali_week", "jalali_month", "jalali_year"]
Points: TypeAlias = Annotated[WholeNumber, Field(ge=1, le=POINTS_MAX)]


def _has_offset(text: str) -> str:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError("must be an instant with its offset, such as 2027-03-21T00:00:00+03:30")
    return text


Instant: TypeAlias = Annotated[str, AfterValidator(_has_offset)]


class LimitOf(DocumentModel):
    """At most so many ``times`` in each ``per``."""

    times: Annotated[WholeNumber, Field(ge=1, le=_TIMES_MAX)]
    per: Per


class ActOf(DocumentModel):
    """``points`` for an act: the type of its event, of ``act.done`` with the name, of a profile with fields."""

    name: RuleName
    on: ActType
    act: RuleName | None = None
    fields: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    points: Points
    hold_days: Days | None = None
    tiers: Annotated[list[str], Field(max_length=20)] = Field(default_factory=list)
    from_: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    once: bool = False
    cooldown_days: SomeDays | None = None
    limits: Annotated[list[LimitOf], Field(max_length=5)] = Field(default_factory=list)
    bought: bool = False
    channels: Words | None = None
    branches: Words | None = None

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Self:
        errors: list[tuple[Path, str]] = []
        if (self.act is not None) != (self.on == DONE):
            errors.append((("act",), f"is for {DONE}, and required there: the name of the act"))
        if bool(self.fields) != (self.on == COMPLETED):
            errors.append((("fields",), f"is for {COMPLETED}, and required there: what must be known of the customer"))
        if self.on == COMPLETED:
            errors += [
                ((name,), "is for what is done somewhere: a profile is not")
                for name in ("channels", "branches")
                if getattr(self, name)
            ]
        if self.bought and self.on != REVIEWED:
            errors.append((("bought",), f"is for {REVIEWED}"))
        if self.from_ and self.until and datetime.fromisoformat(self.from_) >= datetime.fromisoformat(self.until):
            errors.append((("until",), "must be after from"))
        if errors:
            raise located(*errors)
        return self

    def rule(self) -> ActRule:
        """The rule as it is computed."""
        return ActRule(
            name=self.name,
            on=self.on,
            points=self.points,
            act=self.act or "",
            fields=frozenset(self.fields),
            hold_days=self.hold_days,
            tiers=frozenset(self.tiers),
            begin=_instant(self.from_),
            end=_instant(self.until),
            once=self.once,
            cooldown_days=self.cooldown_days or 0,
            limits=tuple(Limit(limit.times, limit.per) for limit in self.limits),
            bought=self.bought,
            channels=frozenset(self.channels or ()),
            branches=frozenset(self.branches or ()),
        )


class CapOf(DocumentModel):
    """At most ``points`` in each ``per`` by the rules ``of``; without it by all, and by orders. Or at most ``credit``,
    which orders alone earn.
    """

    name: RuleName
    points: Points | None = None
    credit: Amount | None = None
    per: Per
    of: Annotated[list[RuleName], Field(max_length=RULES_MAX)] = Field(default_factory=list)
    beyond: Literal["truncate", "refuse"] = "truncate"

    @model_validator(mode="after")
    def _is_of_one_unit(self) -> Self:
        if (self.points is None) == (self.credit is None):
            raise located(((), "limits either points or credit"))
        if self.credit is not None and self.of:
            raise located((("of",), "is for points: credit is earned by orders alone"))
        return self

    def cap(self) -> Cap:
        """The cap as it is computed."""
        most = thousandths(self.credit) if self.credit is not None else self.points or 0
        truncates, of_credit = self.beyond == "truncate", self.credit is not None
        return Cap(self.name, most, self.per, frozenset(self.of), truncates, of_credit)


class BudgetOf(DocumentModel):
    """At most ``points`` for all customers in each ``per``, or ever, by the rules ``of``."""

    name: RuleName
    points: Points
    per: Per | None = None
    of: Annotated[list[RuleName], Field(min_length=1, max_length=RULES_MAX)]

    def budget(self) -> Budget:
        """The budget as it is computed."""
        return Budget(self.name, self.points, self.per or "", frozenset(self.of))


ActsOf: TypeAlias = Annotated[list[ActOf], Field(max_length=RULES_MAX)]
CapsOf: TypeAlias = Annotated[list[CapOf], Field(max_length=CAPS_MAX)]


BudgetsOf: TypeAlias = Annotated[list[BudgetOf], Field(max_length=CAPS_MAX)]


def errors_in(
    acts: list[ActOf], caps: list[CapOf], budgets: list[BudgetOf], tiers: Collection[str], gifts: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """What is wrong with the rules together, and beside the tiers; ``gifts`` names rules that are about no acts."""
    for section, names in (
        ("acts", [act.name for act in acts]),
        ("caps", [cap.name for cap in caps]),
        ("budgets", [budget.name for budget in budgets]),
    ):
        for place, name in enumerate(names):
            if name in names[:place]:
                yield (section, place, "name"), "another one above has the same name"
    for place, act in enumerate(acts):
        if act.name == ORDERS:
            yield ("acts", place, "name"), f"{ORDERS} is the word for orders in caps"
        for at, tier in enumerate(act.tiers):
            if tier not in tiers:
                yield ("acts", place, "tiers", at), "there is no such level in tiers"
    named = {act.name for act in acts} | {ORDERS, *gifts}
    for place, cap in enumerate(caps):
        for at, rule in enumerate(cap.of):
            if rule not in named:
                yield ("caps", place, "of", at), f"there is no such rule in acts; {ORDERS} stands for orders"
    spoken_for: set[str] = set()
    for place, budget in enumerate(budgets):
        for at, rule in enumerate(budget.of):
            if rule not in named - {ORDERS}:
                yield ("budgets", place, "of", at), "there is no such rule in acts"
            elif rule in spoken_for:
                yield ("budgets", place, "of", at), "a rule pays out of one budget; another one has it already"
            spoken_for.add(rule)


def acts_of(
    acts: list[ActOf],
    caps: list[CapOf],
    budgets: list[BudgetOf],
    since: int | None,
    gifts: Iterable[ActRule],
    *,
    asks_dates: bool,
) -> Acts | None:
    """The rules about acts, and ``gifts``, of a version that was stored at an instant; None if there are none.

    ``asks_dates``: rules about orders ask for birthdays.
    """
    rules = (*[act.rule() for act in acts], *gifts)
    of_points = tuple([cap.cap() for cap in caps if cap.credit is None])
    if not rules and not of_points and not asks_dates:
        return None
    return Acts(
        rules,
        of_points,
        since,
        tuple(budget.budget() for budget in budgets),
        asks_dates,
    )


def _instant(text: str | None) -> int | None:
    return None if text is None else to_us(datetime.fromisoformat(text))
