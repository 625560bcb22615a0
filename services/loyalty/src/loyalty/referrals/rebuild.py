"""Referrals, restored from what loyalty has published, and the claims of friends from ``ingest.events``."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec import to_builtins

from loyalty.account.restore import restore_facts, restore_news
from loyalty.domain.orders import Fact
from loyalty.domain.referral_facts import (
    FRIEND,
    OPEN,
    REFUSED,
    REVIEW,
    decided_fact,
    issued_fact,
    judged_fact,
    key_of_code,
    told_fact,
)
from loyalty.domain.referrals import APPROVED, IN_REVIEW, NOT_COUNTED, REJECTED
from loyalty.programme.rows import load_rules
from loyalty.referrals.apply import (
    CLAIMING_TYPES,
    GROUP,
    REPORTED,
    claim_in,
    claim_told_by,
    concerns_referrals,
    marks_in,
    news_of_referrers,
)
from loyalty.referrals.rows import (
    CodeRow,
    ReferralRow,
    insert_codes,
    load_referrals,
    save_marks,
    save_referrals,
)
from loyalty.referrals.rules import has_referrals
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on

_VERDICTS = {IN_REVIEW: REVIEW, NOT_COUNTED: REFUSED}


async def restore_claims(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store claims, and by what accounts are compared, of shops whose programme is about referrals."""
    concerned = [event for event in events if concerns_referrals(event)]
    if not concerned:
        return ()
    rules = await load_rules(connection, {event.shop for event in concerned})
    concerned = [event for event in concerned if has_referrals(rules[event.shop].programmes)]
    if marks := {mark for event in concerned for mark in marks_in(event)}:
        await save_marks(connection, marks)
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in concerned:
        if claim_in(event) is not None:
            facts[event.customer].append(claim_told_by(event))
    await restore_facts(connection, facts, now)
    return ()


async def restore_reports(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store what friends' accounts reported."""
    await restore_news(connection, news_of_referrers(events), now)
    return ()


async def restore_codes(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store whose codes there are."""
    await insert_codes(
        connection,
        [
            CodeRow(event.shop, event.data.code_id, event.customer.customer_id, event.data.seed, event.data.at)
            for event in events
        ],
    )
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in events:
        facts[event.customer].append(code_told_by(event))
    await restore_facts(connection, facts, now)
    return ()


async def restore_referrals(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store what each ``referral.changed`` tells of."""
    rows = await load_referrals(connection, {(event.shop, event.data.referral_id) for event in events})
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in events:
        facts[event.customer].append(change_told_by(event))
        key = event.shop, event.data.referral_id
        rows[key] = _row_after(rows.get(key), event)
    await save_referrals(connection, [*rows.values()])
    await restore_facts(connection, facts, now)
    return ()


def code_told_by(event: Event) -> tuple[str, Fact]:
    """The fact that a ``referral.code_issued`` states."""
    fact = issued_fact(to_us(event.data.at), to_builtins(event.id), event.data.code_id)
    return key_of_code(event.data.code_id), fact


def change_told_by(event: Event) -> tuple[str, Fact]:
    """The fact that a ``referral.changed`` states."""
    data, event_id, referral = event.data, to_builtins(event.id), str(event.data.referral_id)
    if data.change == "judged":
        verdict = _VERDICTS.get(data.state, OPEN)
        return FRIEND, judged_fact(to_us(data.claimed_at), event_id, data.code_id, referral, verdict, data.reasons)
    if data.change == "decided":
        approved = data.state != REJECTED
        return FRIEND, decided_fact(to_us(data.at), event_id, referral, data.place, approved=approved)
    return FRIEND, told_fact(to_us(data.claimed_at), event_id, referral, data.number, data.digest)


def _row_after(row: ReferralRow | None, event: Event) -> ReferralRow:
    data = event.data
    if row is None:
        row = ReferralRow(
            event.shop,
            data.referral_id,
            event.customer.customer_id,
            data.code_id,
            data.state,
            data.reasons,
            data.claimed_at,
        )
    if data.change == "decided" and (row.decided_at is None or row.decided_at <= data.at):
        row.decision = REJECTED if data.state == REJECTED else APPROVED
        row.decided_at, row.decided_key, row.decided_by = data.at, data.key_id, data.subject
    if data.change == "told" and data.number > row.told:
        row.told, row.state, row.reasons = data.number, data.state, data.reasons
        row.claimed_at, row.due_at, row.rewarded_at = data.claimed_at, data.due_at, data.rewarded_at
    return row


REBUILD = Rebuild(
    reads=(
        on(CLAIMING_TYPES, restore_claims),
        on({"referral.code_issued"}, restore_codes, group=f"{REBUILD_GROUP}.referrals"),
        on({"referral.changed"}, restore_referrals, group=f"{REBUILD_GROUP}.referrals"),
        on({REPORTED}, restore_reports, group=GROUP),
    )
)
