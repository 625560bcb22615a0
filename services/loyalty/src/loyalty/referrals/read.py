"""What a customer has of referrals, on either side, as their account says now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from loyalty.account.packing import unpack_facts
from loyalty.account.referral_rows import facts_of_referrals, seed_of
from loyalty.account.root_rows import root_row
from loyalty.account.rows import account_of, has_more_orders
from loyalty.domain.lots import Lot
from loyalty.domain.orders import Fact
from loyalty.domain.programme import in_force
from loyalty.domain.referral_facts import FRIEND, Report, key_of_report, reports_among
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referral_rules import ReferralRule
from loyalty.domain.referrals import NOT_COUNTED, Outcome
from loyalty.programme.rows import rules_of
from mandegar.database import as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.service.context import Context

LISTED_MAX = 200
# Orders that a read walks.
WALKED_MAX = 1_000


class Side(NamedTuple):
    """A referral as one side sees it. ``limited``: it earned nothing, because the referrer's limit was reached."""

    referral_id: str
    state: str
    reasons: Sequence[str]
    claimed_at: datetime
    due_at: datetime | None
    rewarded_at: datetime | None
    points: int | None
    limited: bool = False


class Mine(NamedTuple):
    """A customer's referrals: the one by which they came, and those that they made."""

    customer: CustomerKey
    seed: UUID | None
    rule: ReferralRule | None
    referred: Side | None
    made: Sequence[Side]
    counts: Mapping[str, int]
    points: int | None
    as_of: datetime
    version: int


async def read_referrals(ctx: Context, customer: CustomerKey) -> Mine:
    """The customer now: what time changes without an event is included, if the account is not too large for a read."""
    async with as_shop(ctx.web, customer.shop) as connection:
        key, row = await root_row(connection, customer)
        now = max(to_us(ctx.clock.now()), to_us(row["settled_at"]))
        rules = await rules_of(connection, key.shop)
        seed = await seed_of(connection, key)
        facts = {order_id: unpack_facts(text) for order_id, text in await facts_of_referrals(connection, key)}
        lots: dict[str, Lot] | None = {}
        outcomes: Sequence[Outcome] = ()
        if facts.get(FRIEND) or reports_among(facts):
            lots = None
            if not await has_more_orders(connection, key, WALKED_MAX):
                account = await account_of(connection, key)
                timeline = account.at(*rules, now)
                lots, outcomes = {lot.order_id: lot for lot in timeline.lots}, timeline.referrals
    return _mine(
        key, seed, in_force(rules.programmes, now).referral, facts, lots, outcomes, from_us(now), row["version"]
    )


def _mine(
    key: CustomerKey,
    seed: UUID | None,
    rule: ReferralRule | None,
    facts: Mapping[str, Sequence[Fact]],
    lots: Mapping[str, Lot] | None,
    outcomes: Sequence[Outcome],
    as_of: datetime,
    version: int,
) -> Mine:
    own = {outcome.claim.referral_id for outcome in outcomes}
    reports = [report for report in reports_among(facts) if report.referral_id not in own]
    reports.sort(key=lambda report: (-report.claimed_at, report.referral_id))
    counted = [outcome for outcome in outcomes if outcome.state != NOT_COUNTED] or outcomes
    points = None if lots is None else sum(lot.given for lot in lots.values() if isinstance(lot, ReferralLot))
    return Mine(
        key,
        seed,
        rule,
        _of_friend(counted[0], lots) if counted else None,
        [_of_referrer(report, lots) for report in reports[:LISTED_MAX]],
        dict(sorted(Counter(report.state for report in reports).items())),
        points,
        as_of,
        version,
    )


def _of_friend(outcome: Outcome, lots: Mapping[str, Lot] | None) -> Side:
    claim, state, reasons, turns, due_at = outcome
    return Side(
        claim.referral_id,
        state,
        reasons,
        from_us(claim.at),
        None if due_at is None else from_us(due_at),
        from_us(turns[-1][0]) if turns and turns[-1][1] else None,
        None if lots is None else lots[FRIEND].given if FRIEND in lots else 0,
    )


def _of_referrer(report: Report, lots: Mapping[str, Lot] | None) -> Side:
    lot = None if lots is None else lots.get(key_of_report(report.referral_id))
    return Side(
        report.referral_id,
        report.state,
        report.reasons,
        from_us(report.claimed_at),
        None if report.due_at is None else from_us(report.due_at),
        from_us(report.turns[-1][0]) if report.turns and report.turns[-1][1] else None,
        None if lots is None else 0 if lot is None else lot.given,
        isinstance(lot, ReferralLot) and bool(lot.reason),
    )
