"""The points of referrals, for friends and for referrers, as lots of their accounts."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.lots import Lot
from loyalty.domain.orders import TAKINGS, Fact, Step
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.referral_facts import (
    FRIEND,
    Turn,
    codes_among,
    key_of_report,
    reports_among,
    turn_cause,
)
from loyalty.domain.referrals import Mine, Outcome, outcomes_of, rule_at
from loyalty.domain.zones import ShopZones


class ReferralLot(Lot):
    """The points of a referral, for the friend, or for the referrer within the limits of the rule. They are no spend.

    ``earns`` says for each step whether they are earned from then on. ``reason`` is why they are not given,
    ``counted`` in which periods the lot takes a place.
    """

    __slots__ = ("counted", "earns", "limited", "reason", "wanted")

    def __init__(
        self,
        order_id: str,
        lot_id: UUID,
        referral_id: str,
        turns: Sequence[Turn],
        wanted: int,
        programme: Programme,
        zones: ShopZones,
    ) -> None:
        steps = [Step(at, 0, turn_cause(referral_id, at)) for at, _ in turns]
        at, days = steps[0].at, programme.expiry_days
        super().__init__(order_id, lot_id, steps, programme, None if days is None else zones.expiry(at, at, days))
        self.active_at = at
        self.earns = {step: earns for step, (_, earns) in zip(steps, turns, strict=True)}
        self.wanted = wanted
        self.limited = order_id != FRIEND
        self.counted: list[tuple[str, str, int]] = []
        self.reason = ""


class Referred(NamedTuple):
    """The parts of an account that concern referrals, as they are kept."""

    lots: dict[str, UUID]
    facts: dict[str, Sequence[Fact]]

    def outcomes(
        self, orders: Sequence[Lot], programmes: Sequence[Programme], now: int, member_since: int | None = None
    ) -> list[Outcome]:
        """What became of the codes by which the customer came. They were known if they are a member since before."""
        facts = self.facts.get(FRIEND)
        if not facts:
            return []
        mine = Mine(codes_among(self.facts), reports_among(self.facts), member_since)
        return outcomes_of(facts, mine, orders, programmes, now)

    def turns_to_come(self, now: int) -> list[int]:
        """Turns that were reported and lie ahead: the friend's account was settled by a clock that is ahead."""
        return [at for report in reports_among(self.facts) for at, _ in report.turns if at > now]


def referral_lots(
    referred: Referred,
    outcomes: Sequence[Outcome],
    programmes: Sequence[Programme],
    zones: ShopZones,
    now: int,
) -> list[ReferralLot]:
    """The lots of referrals, on either side."""
    lots = []
    for outcome in outcomes:
        rule = rule_at(programmes, outcome.claim.at)
        if rule is not None and outcome.turns and rule.friend_points:
            lots.append(
                ReferralLot(
                    FRIEND,
                    referred.lots[FRIEND],
                    outcome.claim.referral_id,
                    outcome.turns,
                    rule.friend_points,
                    in_force(programmes, outcome.claim.at),
                    zones,
                )
            )
    own = {outcome.claim.referral_id for outcome in outcomes}
    for report in reports_among(referred.facts):
        if report.referral_id in own:  # the friend has turned out to be the referrer
            continue
        rule, key = rule_at(programmes, report.claimed_at), key_of_report(report.referral_id)
        turns = [turn for turn in report.turns if turn[0] <= now]
        if rule is not None and turns and rule.referrer_points:
            programme = in_force(programmes, report.claimed_at)
            lots.append(
                ReferralLot(key, referred.lots[key], report.referral_id, turns, rule.referrer_points, programme, zones)
            )
    by_key = {lot.order_id: lot for lot in lots}
    for key, facts in referred.facts.items():
        if takings := [fact for fact in facts if fact.kind in TAKINGS]:
            lot = by_key.get(key)
            if lot is None:  # points of it were taken, and it has turned out that it never earned any
                first = min(fact.at for fact in facts)
                lot = ReferralLot(key, referred.lots[key], key, [(first, False)], 0, in_force(programmes, first), zones)
                lots.append(lot)
            lot.takings = takings
    return lots
