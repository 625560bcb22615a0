"""A whole document of version 2: each section is a file beside this one, and a field of ``Programme``."""

from typing import Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from loyalty.domain.act_rules import ActRule
from loyalty.domain.challenge_rules import Challenges
from loyalty.domain.programme import Programme
from loyalty.programme.document.acts import ActsOf, BudgetsOf, CapsOf, acts_of, errors_in
from loyalty.programme.document.adjustments import Adjustments
from loyalty.programme.document.amounts import POINTS_PER_UNIT_MAX, ShopsCurrency
from loyalty.programme.document.challenges import BadgesOf, ChallengesOf, challenges_of, errors_among
from loyalty.programme.document.credit import CreditSection, errors_in_credit, mistaken_credit
from loyalty.programme.document.draws import DrawsOf, mistaken_draws
from loyalty.programme.document.earn_2 import TOO_MUCH, Earn2
from loyalty.programme.document.examples import Examples, failing
from loyalty.programme.document.expiry import Expiry
from loyalty.programme.document.gifts import AwaysOf, Gifts, OccasionsOf, SurprisesOf, errors_in_gifts
from loyalty.programme.document.guards import GuardsSection
from loyalty.programme.document.hold import Hold2
from loyalty.programme.document.levels import EntitledTiers
from loyalty.programme.document.mistakes import mistakes_in, mistakes_of, unreachable
from loyalty.programme.document.referral import Referral
from loyalty.programme.document.spend import Spend
from mandegar.documents.model import DocumentModel, is_new, located
from mandegar.documents.nodes import Path


class ProgrammeDocument2(DocumentModel):
    """The whole document. It is checked against the currency of its shop, given as ``currency``.

    A new one is also checked for mistakes, from the day ``begin`` on, and its examples are tried in the calendar
    ``zone`` of the shop.
    """

    version: Literal["2"]
    currency: ShopsCurrency
    earn: Earn2
    hold: Hold2 = Hold2(days=0)
    expiry: Expiry | None = None
    tiers: EntitledTiers
    acts: ActsOf = Field(default_factory=list)
    caps: CapsOf = Field(default_factory=list)
    budgets: BudgetsOf = Field(default_factory=list)
    occasions: OccasionsOf = Field(default_factory=list)
    away: AwaysOf = Field(default_factory=list)
    surprises: SurprisesOf = Field(default_factory=list)
    draws: DrawsOf = Field(default_factory=list)
    credit: CreditSection | None = None
    challenges: ChallengesOf = Field(default_factory=list)
    badges: BadgesOf = Field(default_factory=list)
    adjustments: Adjustments | None = None
    spend: Spend | None = None
    guards: GuardsSection | None = None
    referral: Referral | None = None
    examples: Examples | None = None

    @model_validator(mode="after")
    def _rules_about_acts_fit(self) -> Self:
        tiers, acts = {level.name for level in self.tiers.levels}, [act.name for act in self.acts]
        gifts = [rule.name for rule in self._gifts()]
        budgeted = {name for budget in self.budgets for name in budget.of}
        rules = {rule.name for rule in [*(self.earn.rules or ()), *(self.earn.multipliers or ())]}
        errors = [*errors_in(self.acts, self.caps, self.budgets, tiers, gifts)]
        errors += errors_in_gifts(self._gift_sections(), acts, budgeted, tiers)
        if errors := [*errors, *errors_among(self.challenges, self.badges, {*acts, *gifts, *rules}, tiers)]:
            raise located(*errors)
        return self

    def _gift_sections(self) -> Gifts:
        return {"occasions": self.occasions, "away": self.away, "surprises": self.surprises, "draws": self.draws}

    def _gifts(self) -> list[ActRule]:
        return [each.rule() for section in self._gift_sections().values() for each in section]

    @model_validator(mode="after")
    def _guards_know_what_points_are_worth(self) -> Self:
        if self.guards is not None:
            self.guards.check_value(spends=self.spend is not None)
        return self

    @model_validator(mode="after")
    def _earns_what_can_be_stored(self, info: ValidationInfo) -> Self:
        if is_new(info) and self.earn.most_per_unit(self.tiers.in_order()) > POINTS_PER_UNIT_MAX:
            raise located((("earn",), TOO_MUCH))
        return self

    @model_validator(mode="after")
    def _credit_fits(self) -> Self:
        if errors := [*errors_in_credit(self.credit, self.earn, self.caps)]:
            raise located(*errors)
        return self

    @model_validator(mode="after")
    def _is_meant_so(self, info: ValidationInfo) -> Self:
        """Refuse mistakes, and examples that do not hold."""
        if not is_new(info):
            return self
        tiers, context = self.tiers.in_order(), info.context or {}
        programme, zone = self.programme(version=1, effective_from=0), context.get("zone")
        errors: list[tuple[Path, str]] = []
        credit = None if programme.credit is None else programme.credit.earning
        earnings = [earning for earning in (programme.earning, credit) if earning is not None]
        if earnings:
            of_credit = [] if self.credit is None else self.credit.multipliers
            names = [tier.name for tier in tiers]
            errors += mistakes_of(self.earn, of_credit, earnings, names, context.get("begin", 1))
        challenges = self._challenges(None)
        if challenges is not None:
            errors += unreachable(challenges, context.get("begin", 1))
        for path, message in mistakes_in(programme, len(self.acts), context.get("begin", 1)):
            errors.append((self.earn.as_written(path), message))
        errors += mistaken_credit(programme.credit, self.earn, self.caps, context.get("begin", 1), programme.currency)
        if programme.acts is not None:
            errors += mistaken_draws(programme.acts, context.get("begin", 1), zone, programme.expiry_days)
        if zone is not None:
            errors += failing(self.examples or (), programme, zone)
        if errors:
            raise located(*errors)
        return self

    def programme(self, *, version: int, effective_from: int, stored_at: int | None = None) -> Programme:
        """The rules that this document states, as one version of a shop's programme, stored at an instant."""
        points, per = self.earn.rate
        tiers = self.tiers.in_order()
        earning = self.earn.earning(tiers)
        credit = None if self.credit is None else self.credit.rules(self.earn, tiers, self.expiry, self.caps)
        units = (earning, None if credit is None else credit.earning)
        asks_dates = any(unit is not None and unit.asks_birthday for unit in units)
        return Programme(
            version=version,
            effective_from=effective_from,
            currency=self.currency,
            points=points,
            per=per,
            hold_days=self.hold.days,
            expiry_days=self.expiry.days if self.expiry else None,
            warn_days=self.expiry.warn_days if self.expiry else 0,
            window_days=self.tiers.window_days or 0,
            tiers=tiers,
            wait_days=self.hold.wait_days,
            earning=earning,
            levels=self.tiers.rules(),
            acts=acts_of(self.acts, self.caps, self.budgets, stored_at, self._gifts(), asks_dates=asks_dates),
            second_person_above=None if self.adjustments is None else self.adjustments.second_person_above,
            second_person_above_credit=None if self.adjustments is None else self.adjustments.credit,
            challenges=self._challenges(stored_at),
            credit=credit,
            spending=None if self.spend is None else self.spend.spending(),
            guards=None if self.guards is None else self.guards.guards(),
            qualifying=self.tiers.qualifying(),
            referral=None if self.referral is None else self.referral.rule(),
        )

    def _challenges(self, stored_at: int | None) -> Challenges | None:
        tiers = [tier.name for tier in self.tiers.in_order()]
        return challenges_of(self.challenges, self.badges, tiers, self.earn.count.counted(), stored_at)
