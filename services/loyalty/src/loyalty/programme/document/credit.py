"""The section ``credit`` of version 2: credit in money as another unit of the ledger."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field

from loyalty.domain.coins import coin_of
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Stacking
from loyalty.domain.money import credit_text, thousandths
from loyalty.domain.programme import Tier
from loyalty.programme.document.acts import CapOf
from loyalty.programme.document.amounts import Days
from loyalty.programme.document.earn_2 import RULES_MAX, Earn2, MultiplierSection
from loyalty.programme.document.expiry import Expiry
from loyalty.programme.document.worth import told_with, worth_more
from mandegar.documents.model import DocumentModel, Number
from mandegar.documents.nodes import Path

LEAST_STEP = Decimal("0.001")
STEP_MAX = Decimal("1e9")
# The most credit that one request is about.
CREDIT_MAX = Decimal("1e12")


def is_stored_exactly(amount: Decimal) -> Decimal:
    """The amount; raises ``ValueError`` unless the ledger has it exactly."""
    if amount % LEAST_STEP:
        raise ValueError(f"must be a whole number of {LEAST_STEP}")
    return amount


class CreditSection(DocumentModel):
    """What orders earn in credit is a whole number of ``step``. ``expiry_days`` 0: it does not expire.

    Without ``hold_days`` it is on hold as points are, without ``expiry_days`` it lasts as long as they do.
    """

    step: Annotated[Number, Field(ge=LEAST_STEP, le=STEP_MAX), AfterValidator(is_stored_exactly)]
    hold_days: Days | None = None
    expiry_days: Days | None = None
    multipliers: Annotated[list[MultiplierSection], Field(max_length=RULES_MAX)] = Field(default_factory=list)
    multiplier_stacking: Stacking = "best"

    def rules(self, earn: Earn2, tiers: tuple[Tier, ...], expiry: Expiry | None, caps: Sequence[CapOf]) -> CreditRules:
        """The rules of this section, those of ``earn`` that give credit, and the ``caps`` on it."""
        as_points = None if expiry is None else expiry.days
        days = as_points if self.expiry_days is None else self.expiry_days or None
        earning = earn.crediting(tiers, self.step, self.multipliers, self.multiplier_stacking)
        limits = tuple([cap.cap() for cap in caps if cap.credit is not None])
        return CreditRules(thousandths(self.step), earning, self.hold_days, days, limits)


def errors_in_credit(credit: CreditSection | None, earn: Earn2, caps: Sequence[CapOf]) -> Iterator[tuple[Path, str]]:
    """What is wrong with the rules that give credit beside its section, with its multipliers, and with caps on it."""
    rules = [(place, rule) for place, rule in enumerate(earn.rules or ()) if rule.credit is not None]
    for place, rule in rules:
        path: Path = ("earn", "rules", place, "credit")
        if credit is None:
            yield path, "the section credit is missing, with the step of what is earned"
        elif rule.per is None and (rule.credit or 0) % credit.step:
            yield path, f"must be a whole number of steps of {credit.step}"
    names = {each.name for each in [*(earn.rules or ()), *(earn.multipliers or ())]}
    for place, multiplier in enumerate(credit.multipliers if credit is not None else ()):
        if multiplier.name in names:
            yield ("credit", "multipliers", place, "name"), "another rule has the same name"
        names.add(multiplier.name)
        if not any(rule.per for _, rule in rules):
            yield ("credit", "multipliers", place), "multiplies nothing: no rule gives credit for every per"
    for place, cap in enumerate(caps):
        if cap.credit is None:
            continue
        if not rules or credit is None:
            yield ("caps", place, "credit"), "limits nothing: no rule of earn gives credit"
        elif not cap.credit or cap.credit % credit.step:
            yield ("caps", place, "credit"), f"must be a whole number of steps of {credit.step}"


def mistaken_credit(
    credit: CreditRules | None, earn: Earn2, caps: Sequence[CapOf], begin: int, currency: str
) -> Iterator[tuple[Path, str]]:
    """Rules that give more than the purchase, and those that a cap always refuses; ``begin`` is the first day."""
    if credit is None:
        return
    if credit.step % (coin := coin_of(currency)):
        yield ("credit", "step"), f"must be a whole number of {credit_text(coin)}, the smallest coin of {currency}"
    if credit.earning is None:
        return
    paths: dict[str, Path] = {rule.name: ("earn", "rules", place) for place, rule in enumerate(earn.rules or ())}
    for place, points, with_it in worth_more(credit.earning, begin, Fraction(1000, credit.step)):
        told = f"the credit is more than the purchase: {points * credit.step // 10} % of it{told_with(with_it)}"
        yield (*paths[credit.earning.rules[place].name], "credit"), told
    for section in earn.rules or ():
        for cap in caps:
            refuses = cap.credit is not None and cap.beyond == "refuse" and (section.credit or 0) > cap.credit
            if refuses and section.per is None:
                yield (*paths[section.name], "credit"), f"the rule never pays: the cap {cap.name} refuses more"
