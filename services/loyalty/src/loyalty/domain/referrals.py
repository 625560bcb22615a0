"""What became of the referrals by which a customer came.

The order that counts is the first one that stands: of those paid since the claim, the earliest that is worth something.
The referral earns points while this order is worth the minimum and its hold is over.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2s
from typing import NamedTuple

from loyalty.domain.lots import Lot
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.referral_facts import (
    REFUSED,
    REVIEW,
    Claim,
    Report,
    Turn,
    claims_among,
    decisions_among,
)
from loyalty.domain.referral_rules import ReferralRule

# The states of a referral.
WAITING = "waiting"
ORDERED = "ordered"
REWARDED = "rewarded"
REVERSED = "reversed"
IN_REVIEW = "review"
REJECTED = "rejected"
NOT_COUNTED = "refused"
EXPIRED = "expired"
# What a person decides: this, or that it is rejected.
APPROVED = "approved"

# Why a referral earns nothing.
UNKNOWN_CODE = "unknown_code"
OWN_CODE = "own_code"
CIRCLE = "circle"
NO_RULE = "no_rule"
NOT_NEW = "not_a_new_customer"
NOT_FIRST = "another_code_came_first"
NO_ORDER = "no_order_yet"
TOO_SMALL = "below_minimum_spend"
RETURNED = "order_returned"
BY_STAFF = "rejected_by_staff"
TOO_LATE = "no_order_in_time"
LIMITED = "limit_reached"

# Orders of a friend that are looked at.
ORDERS_MAX = 50


class Outcome(NamedTuple):
    """The state of one referral of a friend: ``turns`` are when it began or ceased to earn points, ``due_at`` is when
    it changes without an event.
    """

    claim: Claim
    state: str
    reasons: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    due_at: int | None = None


class Mine(NamedTuple):
    """What else an account has: the customer's own codes, what was reported of referrals that they made, and since when
    they are a member by points that they brought along.
    """

    codes: set[str]
    reports: Sequence[Report]
    member_since: int | None = None


def outcomes_of(
    facts: Sequence[Fact],
    mine: Mine,
    orders: Sequence[Lot],
    programmes: Sequence[Programme],
    now: int,
) -> list[Outcome]:
    """What became of the claims of a friend, by what else they have and their ``orders``."""
    decisions = decisions_among(facts)
    found: list[Outcome] = []
    first: Claim | None = None
    for claim in claims_among(facts):
        rule = rule_at(programmes, claim.at)
        refusal = _refusal(claim, rule, mine)
        if not refusal and first is not None:
            refusal = (NOT_FIRST,)
        if refusal or rule is None:
            found.append(Outcome(claim, NOT_COUNTED, refusal))
            continue
        first = claim
        if _is_known(claim, orders, mine.member_since):
            found.append(Outcome(claim, NOT_COUNTED, (NOT_NEW,)))
        else:
            found.append(
                _outcome(claim, rule, _candidates(claim, rule, orders), decisions.get(claim.referral_id, ()), now)
            )
    return found


def digest_of(outcome: Outcome, codes: Iterable[str]) -> str:
    """A digest of all that a referrer is told of a referral."""
    claim = outcome.claim
    told = (claim.at, outcome.state, outcome.reasons, outcome.turns, outcome.due_at, sorted(codes))
    return blake2s(repr(told).encode(), digest_size=8).hexdigest()


def _refusal(claim: Claim, rule: ReferralRule | None, mine: Mine) -> tuple[str, ...]:
    if claim.verdict == REFUSED:
        return claim.reasons
    if rule is None:
        return (NO_RULE,)
    if claim.code_id in mine.codes:
        return (OWN_CODE,)
    is_circle = any(
        claim.code_id in report.codes
        and report.state != NOT_COUNTED
        and (report.claimed_at, report.referral_id) < (claim.at, claim.referral_id)
        for report in mine.reports
    )
    return (CIRCLE,) if is_circle else ()


def _is_known(claim: Claim, orders: Sequence[Lot], member_since: int | None) -> bool:
    """Whether the customer had ordered, or was a member, before they came by a code."""
    if member_since is not None and member_since < claim.at:
        return True
    return any(
        lot.earned_at < claim.at and lot.order_id != claim.order_id and _net_at(lot, claim.at) > 0 for lot in orders
    )


def _candidates(claim: Claim, rule: ReferralRule, orders: Sequence[Lot]) -> list[Lot]:
    """The orders since the claim, in the order of their payment."""
    until = None if rule.within is None else claim.at + rule.within
    some = [
        lot
        for lot in orders
        if (lot.earned_at >= claim.at or lot.order_id == claim.order_id) and (until is None or lot.earned_at <= until)
    ]
    return sorted(some, key=lambda lot: (lot.earned_at, lot.lot_id))[:ORDERS_MAX]


def _outcome(
    claim: Claim, rule: ReferralRule, orders: Sequence[Lot], decisions: Sequence[tuple[int, bool]], now: int
) -> Outcome:
    turns = _turns(claim, rule, orders, decisions, now)
    decided = [approved for at, approved in decisions if at <= now]
    order = _standing(orders, now)
    if decided and not decided[-1]:
        return Outcome(claim, REJECTED, (BY_STAFF,), turns)
    if claim.verdict == REVIEW and not decided:
        return Outcome(claim, IN_REVIEW, claim.reasons, turns)
    if turns and turns[-1][1]:
        return Outcome(claim, REWARDED, (), turns)
    if order is not None and order.active_at > now and _net_at(order, now) >= rule.minimum:
        return Outcome(claim, ORDERED, (), turns, order.active_at)
    reason = TOO_SMALL if order is not None else RETURNED if orders else NO_ORDER
    if turns:
        return Outcome(claim, REVERSED, (reason,), turns)
    ends_at = None if rule.within is None else claim.at + rule.within + 1
    if order is None and ends_at is not None and ends_at <= now:
        return Outcome(claim, EXPIRED, (TOO_LATE,))
    return Outcome(claim, WAITING, (reason,), turns, ends_at if order is None else None)


def _turns(
    claim: Claim, rule: ReferralRule, orders: Sequence[Lot], decisions: Sequence[tuple[int, bool]], now: int
) -> tuple[Turn, ...]:
    """When the referral began or ceased to earn points."""
    moments = {step.at for lot in orders for step in lot.steps} | {lot.active_at for lot in orders}
    moments |= {at for at, _ in decisions}
    turns: list[Turn] = []
    earns, approved, place = False, claim.verdict != REVIEW, 0
    for at in sorted(moment for moment in moments if moment <= now):
        while place < len(decisions) and decisions[place][0] <= at:
            approved, place = decisions[place][1], place + 1
        order = _standing(orders, at)
        now_earns = approved and order is not None and order.active_at <= at and _net_at(order, at) >= rule.minimum
        if now_earns != earns:
            earns = now_earns
            turns.append((at, earns))
    return tuple(turns)


def _standing(orders: Sequence[Lot], at: int) -> Lot | None:
    """The order that counts at an instant: the earliest that is worth something then."""
    return next((lot for lot in orders if lot.earned_at <= at and _net_at(lot, at) > 0), None)


def _net_at(lot: Lot, at: int) -> int:
    net = 0
    for step in lot.steps:
        if step.at > at:
            break
        net = step.net
    return net


def rule_at(programmes: Sequence[Programme], at: int) -> ReferralRule | None:
    """The rule that was in force when a code was claimed: what was promised then is paid."""
    return in_force(programmes, at).referral
