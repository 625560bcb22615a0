"""The section ``earn`` of version 2: one rate as in version 1, or rules and multipliers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from loyalty.domain.conditions import Base
from loyalty.domain.earning import Earning, Multiplier, Rule, Stacking
from loyalty.domain.programme import Tier
from loyalty.programme.document.amounts import POINTS_PER_UNIT_MAX, Amount, Per
from loyalty.programme.document.conditions import Counting, WhenSection
from loyalty.programme.document.words import RuleName
from mandegar.documents.model import DocumentModel, Number, is_new, located
from mandegar.documents.nodes import Path

RULES_MAX = 100
TIMES_MAX = 1000
# What one order is given at most.
CREDIT_ONCE_MAX = 10**12


class RuleSection(DocumentModel):
    """``points``, or ``credit`` in money, for every ``per``, or once for an order.

    What ``count`` does not say is as for all rules.
    """

    name: RuleName
    points: Amount | None = None
    credit: Amount | None = None
    per: Per | None = None
    when: WhenSection = WhenSection()
    count: Counting | None = None

    @model_validator(mode="after")
    def _gives_whole_points(self, info: ValidationInfo) -> Self:
        if (self.points is None) == (self.credit is None):
            raise located((("points",), "a rule gives either points or credit"))
        if not self.gives and is_new(info):
            raise located(((self.unit,), "the rule gives nothing"))
        if self.credit is not None:
            if self.per is not None and self.credit > self.per and is_new(info):
                raise located((("credit",), "the credit is more than the purchase"))
            if self.credit > CREDIT_ONCE_MAX:
                raise located((("credit",), f"must be at most {CREDIT_ONCE_MAX}"))
        elif self.per is None and self.gives != self.gives.to_integral_value():
            raise located((("points",), "points that are given once must be a whole number; per is for a rate"))
        return self

    @property
    def unit(self) -> Literal["points", "credit"]:
        """What the rule gives."""
        return "points" if self.credit is None else "credit"

    @property
    def gives(self) -> Decimal:
        """How much of it."""
        return (self.points if self.credit is None else self.credit) or Decimal(0)

    def rule(self, tiers: list[str], counted: Base, step: Decimal = Decimal(1)) -> Rule:
        """The rule as it gives steps of its unit; it counts what ``counted`` says unless it says otherwise."""
        base = counted if self.count is None else self.count.counted()
        if self.per is None:
            return Rule(self.name, self.gives / step, None, self.when.when(tiers), base)
        return Rule(self.name, self.gives, self.per * step, self.when.when(tiers), base)


class MultiplierSection(DocumentModel):
    """What the rules with ``per`` give for what ``when`` allows is ``times`` as much."""

    name: RuleName
    times: Annotated[Number, Field(ge=1, le=TIMES_MAX)]
    when: WhenSection = WhenSection()

    @model_validator(mode="after")
    def _gives_more(self, info: ValidationInfo) -> Self:
        if self.times == 1 and is_new(info):
            raise located((("times",), "must be more than 1: the multiplier gives nothing"))
        return self

    def multiplier(self, tiers: list[str]) -> Multiplier:
        """The multiplier as it is computed."""
        return Multiplier(self.name, self.times, self.when.when(tiers))


class Earn2(DocumentModel):
    """One rate (``points`` and ``per``), or ``rules``: several for one line add up, or one of them counts."""

    points: Amount | None = None
    per: Per | None = None
    count: Counting = Counting()
    rules: Annotated[list[RuleSection], Field(min_length=1, max_length=RULES_MAX)] | None = None
    stacking: Stacking = "add"
    rounding: Literal["down", "nearest", "up"] = "down"
    multipliers: Annotated[list[MultiplierSection], Field(min_length=1, max_length=RULES_MAX)] | None = None
    multiplier_stacking: Stacking = "best"

    @model_validator(mode="after")
    def _has_a_rate_or_rules(self) -> Self:
        if self.rules is None:
            if self.per is None:
                raise located(((), "the key rules is missing, or per for a single rate"))
            beside = self.model_fields_set - {"points", "per"}
            if beside:
                raise located(*(((key,), "is for a programme with rules") for key in sorted(beside)))
        elif self.points is not None or self.per is not None:
            raise located((("rules",), "points and per are for a programme without rules"))
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names: set[str] = set()
        errors = []
        named: list[tuple[Path, str]] = [(("rules", place), rule.name) for place, rule in enumerate(self.rules or ())]
        named += [(("multipliers", place), rule.name) for place, rule in enumerate(self.multipliers or ())]
        for path, name in named:
            if name in names:
                errors.append(((*path, "name"), "another rule has the same name"))
            names.add(name)
        if errors:
            raise located(*errors)
        return self

    @property
    def rate(self) -> tuple[Decimal, Decimal]:
        """The points of the single rate and what they are for; nothing if there are rules."""
        if self.per is None:
            return Decimal(0), Decimal(1)
        return (Decimal(1) if self.points is None else self.points), self.per

    def most_per_unit(self, tiers: tuple[Tier, ...]) -> Decimal:
        """The most points that one unit of the currency earns, if all rules and multipliers apply."""
        points, per = self.rate
        rate = points / per + sum([rule.gives / rule.per for rule in self.of_unit("points") if rule.per], Decimal(0))
        times = [multiplier.times - 1 for multiplier in self.multipliers or ()]
        more = sum(times, Decimal(1)) if self.multiplier_stacking == "add" else max(times, default=Decimal(0)) + 1
        return rate * more * max(tier.multiplier for tier in tiers)

    def earning(self, tiers: tuple[Tier, ...]) -> Earning | None:
        """The rules; None if there is one rate."""
        if self.rules is None:
            return None
        names, counted = [tier.name for tier in tiers], self.count.counted()
        return Earning(
            rules=tuple(rule.rule(names, counted) for rule in self.of_unit("points")),
            tiers=tuple(tier.multiplier for tier in tiers),
            stacking=self.stacking,
            rounding=self.rounding,
            multipliers=tuple(each.multiplier(names) for each in self.multipliers or ()),
            multiplier_stacking=self.multiplier_stacking,
        )

    def of_unit(self, unit: str) -> list[RuleSection]:
        """The rules that give points, or those that give credit."""
        return [rule for rule in self.rules or () if rule.unit == unit]

    def as_written(self, path: Path) -> Path:
        """The path of a rule in the document, from its place among those that give points."""
        if self.rules is None or len(path) != 3 or path[:2] != ("earn", "rules"):
            return path
        places = [place for place, rule in enumerate(self.rules) if rule.unit == "points"]
        return ("earn", "rules", places[path[2]]) if isinstance(path[2], int) else path

    def crediting(
        self, tiers: tuple[Tier, ...], step: Decimal, multipliers: Sequence[MultiplierSection], stacking: Stacking
    ) -> Earning | None:
        """The rules that give credit, in steps, with the ``multipliers`` of credit and their ``stacking``; None without
        any rules. Multipliers of points, also those of tiers, are for points.
        """
        rules, names, counted = self.of_unit("credit"), [tier.name for tier in tiers], self.count.counted()
        if not rules:
            return None
        return Earning(
            rules=tuple(rule.rule(names, counted, step) for rule in rules),
            tiers=(Decimal(1),) * len(tiers),
            stacking=self.stacking,
            rounding=self.rounding,
            multipliers=tuple(each.multiplier(names) for each in multipliers),
            multiplier_stacking=stacking,
        )


TOO_MUCH = (
    f"the points of all rules for one unit of the currency, times the highest multiplier, must be at most "
    f"{POINTS_PER_UNIT_MAX}"
)
