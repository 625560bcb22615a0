"""Applies claims of codes, in events of their own or in orders, and what the accounts of friends report."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from msgspec import to_builtins

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.domain.orders import Fact
from loyalty.domain.referral_facts import FRIEND, Report, claimed_fact, key_of_report, reported_fact
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import load_rules
from loyalty.referrals.judge import Claimed, judge
from loyalty.referrals.rows import Mark, save_marks
from loyalty.referrals.rules import PAYER, SHIP_TO, has_referrals
from mandegar.customers.rows_follow import rows_follow
from mandegar.database import WorkerConnection
from mandegar.documents.rows import share_lock
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us
from mandegar.stream import Merged, on

CLAIMED = "referral.claimed"
REPORTED = "referral.reported"
PROFILE = "customer.updated"
CLAIMING_TYPES = frozenset({CLAIMED, "order.placed", "order.paid", "order.updated"})
# Of the topic that loyalty itself writes: read beside the main group, for which its postings would be a burden.
GROUP = "referrals"


async def apply_claims(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Look at the claims in a batch, in shops whose programme is about referrals, and settle their customers."""
    concerned = [event for event in events if concerns_referrals(event)]
    if not concerned:
        return ()
    shops = {event.shop for event in concerned}
    await share_lock(connection, PROGRAMMES, shops)
    rules = await load_rules(connection, shops)
    concerned = [event for event in concerned if has_referrals(rules[event.shop].programmes)]
    marks = {mark for event in concerned for mark in marks_in(event)}
    if marks:
        await save_marks(connection, marks)
    claims = [claim for event in concerned if (claim := claim_in(event)) is not None]
    comparable = {CustomerKey(mark.shop, mark.customer_id) for mark in marks}
    comparable |= {event.customer for event in concerned if event.type == PROFILE}
    judged = await judge(
        claims, {event.customer: event for event in concerned if event.customer in comparable}, rules, connection, now
    )
    told: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for claim in claims:
        told[claim.customer].append(claim_told_by(claim.event))
    for customer, order_id, fact in judged.facts:
        told[customer].append((order_id, fact))
    news = {
        customer: News(facts, next(event for event in reversed(concerned) if event.customer == customer), None)
        for customer, facts in told.items()
    }
    # What was found comes first: a rebuild reads what it led to behind it.
    return [*judged.events, *await settle_and_post(news, news, connection, now)]


def concerns_referrals(event: Event) -> bool:
    """Whether an event has a code, or says something by which accounts are compared."""
    data = event.data
    if event.type == PROFILE:
        return data.phone_id is not None
    return event.type == CLAIMED or not data.referral is data.payer is data.ship_to is None


def claim_in(event: Event) -> Claimed | None:
    """The claim in an event."""
    if event.type == CLAIMED:
        return Claimed(event.customer, event.data.code_id, event)
    if event.type == PROFILE:
        return None
    code_id = event.data.referral
    return None if code_id is None else Claimed(event.customer, code_id, event, event.data.order_id)


def claim_told_by(event: Event) -> tuple[str, Fact]:
    """The fact of the claim that an event has."""
    at, event_id = to_us(event.time), to_builtins(event.id)
    if event.type == CLAIMED:
        return FRIEND, claimed_fact(at, event_id, event.data.code_id)
    return FRIEND, claimed_fact(at, event_id, event.data.referral, event.data.order_id)


def marks_in(event: Event) -> list[Mark]:
    """By what an order lets its customer be compared with others."""
    if event.type in {CLAIMED, PROFILE}:
        return []
    given = ((PAYER, event.data.payer), (SHIP_TO, event.data.ship_to))
    return [Mark(*event.customer, kind, mark) for kind, mark in given if mark is not None]


async def apply_reports(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Take what is reported as facts of the referrers' accounts, and settle these."""
    news = news_of_referrers(events)
    return await settle_and_post(news, news, connection, now)


def news_of_referrers(events: Sequence[Event]) -> dict[CustomerKey, News]:
    """The news in reports, by referrer."""
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in events:
        facts[event.customer].append(report_told_by(event))
    newest = {event.customer: event for event in events}
    return {customer: News(some, newest[customer], None) for customer, some in facts.items()}


def report_told_by(event: Event) -> tuple[str, Fact]:
    """The fact that a ``referral.reported`` states."""
    data = event.data
    report = Report(
        str(data.referral_id),
        data.code_id,
        data.number,
        to_us(data.claimed_at),
        data.state,
        data.reasons,
        tuple([(to_us(turn.at), turn.earns) for turn in data.turns]),
        None if data.due_at is None else to_us(data.due_at),
        data.friend_codes,
    )
    return key_of_report(report.referral_id), reported_fact(to_builtins(event.id), report)


_rows_follow = rows_follow("referrals"), rows_follow("referral_codes")


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """The referrals and the codes of aliases are those of their roots."""
    return [event for follow in _rows_follow for event in await follow(merged, connection, now)]


# Phones are stored before, so that they can be compared.
READS = (on(CLAIMING_TYPES | {PROFILE}, apply_claims), on({REPORTED}, apply_reports, group=GROUP))
