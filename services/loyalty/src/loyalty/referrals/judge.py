"""Looks at claims: whose the code is, and whether a person has to look at it as well."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.ids import NAME
from loyalty.domain.orders import Fact
from loyalty.domain.programme import in_force
from loyalty.domain.referral_facts import CLAIMS_MAX, FRIEND, OPEN, REFUSED, REVIEW, judged_fact
from loyalty.domain.referrals import IN_REVIEW, NOT_COUNTED, WAITING
from loyalty.programme.rows import Rules
from loyalty.referrals.events import judged_event, judged_id
from loyalty.referrals.rows import Asked, ReferralRow, claims_of, look_at, save_referrals
from loyalty.referrals.rules import verdict_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event, derived_id
from mandegar.quantities import to_us

VERDICTS = {OPEN: WAITING, REVIEW: IN_REVIEW, REFUSED: NOT_COUNTED}
_ALWAYS = timedelta(days=7)


class Claimed(NamedTuple):
    """That a customer came by a code, as an event says."""

    customer: CustomerKey
    code_id: str
    event: Event
    order_id: str = ""


class Judged(NamedTuple):
    """The facts of the friends' accounts, and what is published."""

    facts: list[tuple[CustomerKey, str, Fact]]
    events: list[Event]


async def judge(
    claims: Sequence[Claimed],
    comparable: Mapping[CustomerKey, Event],
    rules: Mapping[str, Rules],
    connection: WorkerConnection,
    now: datetime,
) -> Judged:
    """Look at claims of codes that their customers did not claim before, and again at those of ``comparable``
    customers, of whom it has become known what pays their orders, where these go, or their phone.
    """
    known = await claims_of(connection, {claim.customer for claim in claims} | comparable.keys())
    rows: list[tuple[ReferralRow, Event]] = []
    for claim in sorted(claims, key=lambda each: (each.event.time, each.event.id.int)):
        of_customer = known.setdefault(claim.customer, [])
        if len(of_customer) < CLAIMS_MAX and all(row.code_id != claim.code_id for row in of_customer):
            row = _new(claim)
            of_customer.append(row)
            rows.append((row, claim.event))
    new = {row.referral_id for row, _ in rows}
    for customer, event in comparable.items():
        rows += [(row, event) for row in known.get(customer, ()) if row.referral_id not in new and row.decision is None]
    return await _look(rows, new, rules, connection, now) if rows else Judged([], [])


async def _look(
    rows: Sequence[tuple[ReferralRow, Event]],
    new: Collection[UUID],
    rules: Mapping[str, Rules],
    connection: WorkerConnection,
    now: datetime,
) -> Judged:
    found_by_place = {
        found["place"]: found
        for found in await look_at(connection, [_asked(row, place, rules) for place, (row, _) in enumerate(rows)])
    }
    judged = Judged([], [])
    saved: list[ReferralRow] = []
    earlier: Counter[tuple[str, str]] = Counter()
    for place, (row, event) in enumerate(rows):
        found, is_new = found_by_place[place], row.referral_id in new
        earlier[row.shop, row.code_id] += is_new
        rule = in_force(rules[row.shop].programmes, to_us(row.claimed_at)).referral
        verdict, reasons = verdict_of(
            rule,
            is_known=found["referrer"] is not None,
            shared=found["shared"],
            claims=found["claims"] + earlier[row.shop, row.code_id] if is_new else 0,
            in_ring=found["in_ring"],
        )
        if not is_new and (verdict != REVIEW or set(reasons) <= set(row.reasons)):
            continue
        row.state, row.reasons = VERDICTS[verdict], reasons
        event_id = str(judged_id(row.referral_id, reasons))
        fact = judged_fact(to_us(row.claimed_at), event_id, row.code_id, str(row.referral_id), verdict, reasons)
        judged.facts.append((CustomerKey(row.shop, row.customer_id), FRIEND, fact))
        judged.events.append(judged_event(row, event, now))
        saved.append(row)
    await save_referrals(connection, saved)
    return judged


def _new(claim: Claimed) -> ReferralRow:
    referral_id = derived_id(NAME, f"{claim.event.id}|{claim.code_id}", "referral")
    return ReferralRow(
        claim.customer.shop, referral_id, claim.customer.customer_id, claim.code_id, WAITING, (), claim.event.time
    )


def _asked(row: ReferralRow, place: int, rules: Mapping[str, Rules]) -> Asked:
    rule = in_force(rules[row.shop].programmes, to_us(row.claimed_at)).referral
    span = _ALWAYS if rule is None else timedelta(days=rule.claims_days)
    return Asked(place, row.shop, row.customer_id, row.code_id, row.claimed_at - span, row.claimed_at)
