"""The section ``draws`` of version 2."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from loyalty.domain.act_rules import DRAWN, ActRule, Acts, Draw
from loyalty.domain.timed_draws import LAST_END
from loyalty.programme.document.acts import Instant, Points, RuleName
from loyalty.programme.document.amounts import SomeDays
from mandegar.calendar import ShopDays
from mandegar.documents.model import DocumentModel, WholeNumber, located
from mandegar.documents.nodes import Path
from mandegar.quantities import DAY_US, to_us

DRAWS_MAX = 50
WINNERS_MAX = 100
_HOURS = 24
_WAIT_MAX = 30 * _HOURS


class DrawOf(DocumentModel):
    """``points`` for each of so many ``winners`` among those who earned points by orders from ``from`` to ``until``, or
    in ``each`` period. It is held with the seed whose ``seed_hash`` this is, or by itself with the ``seed``.
    """

    name: RuleName
    begin: Annotated[Instant | None, Field(alias="from")] = None
    until: Instant | None = None
    each: Literal["week", "month", "jalali_week", "jalali_month"] | None = None
    winners: Annotated[WholeNumber, Field(ge=1, le=WINNERS_MAX)]
    points: Points
    seed_hash: Annotated[str | None, Field(min_length=64, max_length=64, pattern="^[0-9a-f]{64}$")] = None
    seed: Annotated[str | None, Field(min_length=16, max_length=200)] = None
    wait_hours: Annotated[WholeNumber, Field(ge=0, le=_WAIT_MAX)] = 0
    expiry_days: SomeDays | None = None

    @model_validator(mode="after")
    def _says_when_and_how(self) -> Self:
        errors: list[tuple[Path, str]] = []
        if self.each is None:
            errors += [((), f"needs {name}, or each") for name, given in self._span() if given is None]
        else:
            errors += [((name,), "is for a draw without each") for name, given in self._span() if given is not None]
        if (self.seed is None) == (self.seed_hash is None):
            errors.append(((), "needs either a seed, by which it is held by itself, or the seed_hash of one"))
        elif self.seed is None and (self.each is not None or self.wait_hours):
            errors.append(((), "needs its seed in the place of seed_hash: it is held by itself"))
        if self.begin and self.until and datetime.fromisoformat(self.until) <= datetime.fromisoformat(self.begin):
            errors.append((("until",), "must be after from"))
        if errors:
            raise located(*errors)
        return self

    def _span(self) -> tuple[tuple[str, str | None], ...]:
        return (("from", self.begin), ("until", self.until))

    def rule(self) -> ActRule:
        """The rule as it is computed."""
        begin, end = (0 if each is None else to_us(datetime.fromisoformat(each)) for each in (self.begin, self.until))
        return ActRule(
            name=self.name,
            on=DRAWN,
            points=self.points,
            hold_days=0,
            expiry_days=self.expiry_days,
            draw=Draw(
                begin,
                end,
                self.winners,
                self.seed_hash or "",
                self.seed or "",
                self.each or "",
                self.wait_hours * DAY_US // _HOURS,
            ),
        )


DrawsOf: TypeAlias = Annotated[list[DrawOf], Field(max_length=DRAWS_MAX)]


def mistaken_draws(
    acts: Acts, begin: int, zone: ShopDays | None, expiry_days: int | None
) -> Iterator[tuple[Path, str]]:
    """Draws that are never held, and those whose winners get nothing that lasts, or that a budget cannot pay.

    ``begin`` is the first day in force; points without a term of their own last ``expiry_days``.
    """
    rules = [rule for rule in acts.rules if rule.draw is not None]
    for place, rule in enumerate(rules):
        draw, budget = rule.draw, acts.budget_of(rule.name)
        if draw is None:
            continue
        beyond = [key for key, at in (("from", draw.begin), ("until", draw.end)) if not 0 <= at <= LAST_END]
        if beyond:
            yield from ((("draws", place, key), "must be between 1970 and 2200 (UTC)") for key in beyond)
            continue
        lasting = expiry_days if rule.expiry_days is None else rule.expiry_days
        if lasting is not None and draw.wait >= lasting * DAY_US:
            yield ("draws", place, "wait_hours"), f"must be shorter than the {lasting} days that the points last"
        if zone is not None and draw.seed and not draw.each and zone.day_of(draw.end - 1) < begin:
            yield ("draws", place, "until"), "the draw is never held: it is over before the programme begins"
        if budget is not None and rule.points * draw.winners > budget.points:
            yield ("draws", place, "points"), f"the budget {budget.name} has less than the winners get"
