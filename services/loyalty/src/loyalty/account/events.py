"""The events that loyalty publishes about accounts: postings, moves between tiers, points about to expire."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from loyalty.account.credit_events import credit_posted_events
from loyalty.account.ledger_rows import LedgerRow, TakenRow
from loyalty.account.posting_events import Posting, posting_events
from loyalty.domain.account import Account
from loyalty.domain.expiries import LATE
from loyalty.domain.ids import NAME
from loyalty.domain.lots import Lot
from loyalty.domain.money import amount_of
from loyalty.domain.naming import named
from loyalty.domain.qualifying import COUNTED
from loyalty.domain.settled import Settled, TierMove
from loyalty.domain.units import credit_kind
from mandegar.events import CustomerKey, Event
from mandegar.events.challenges import Challenge
from mandegar.events.derived import Due, derived_event, origin_of
from mandegar.events.loyalty import (
    Act,
    Balance,
    LedgerEntry,
    PointsExpiring,
    PointsPosted,
    TierAtRisk,
    TierChanged,
)
from mandegar.quantities import from_us, to_us


def posted_events(customer: CustomerKey, posting: Posting, settled: Settled, trigger: Event | None) -> list[Event]:
    """``credit.posted`` and ``points.posted`` for the entries of one settling, with the balance after all of them.

    Those of credit come first, so that a reader who knows no credit has the last version from the last event.
    ``trigger`` is the event on whose arrival the customer was settled, if any.
    """
    balance = _balance(settled)
    origin = origin_of(trigger)
    of_credit = 0
    if posting and credit_kind(posting[0][0].kind) is not None:
        of_credit = sum(credit_kind(row.kind) is not None for row, _ in posting)

    def data_of(rows: Posting) -> PointsPosted:
        entries = tuple([_entry(row, lot) for row, lot in rows])
        return PointsPosted(entries=entries, balance=balance, version=rows[-1][0].version, tier=settled.tier)

    events = credit_posted_events(customer, posting[:of_credit], settled, origin) if of_credit else []
    return events + posting_events(posting[of_credit:], "points.posted", data_of, customer, origin)


def _balance(settled: Settled) -> Balance:
    available, pending, held, debt, lifetime = settled.balance
    return Balance(available=available, pending=pending, held=held, debt=debt, lifetime=lifetime)


def _entry(row: LedgerRow, lot: Lot | None) -> LedgerEntry:
    names = named(row.order_id)
    act, attained = names.act, names.attained
    return LedgerEntry(
        entry_id=row.entry_id,
        kind=row.kind,  # type: ignore[arg-type]  # every kind of the domain is an EntryKind
        points=row.points,
        lot_id=row.lot_id,
        effective_at=row.effective_at,
        order_id=names.order_id,
        expires_at=None if lot is None or lot.expires_at is None else from_us(lot.expires_at),
        earned_as=row.earned_as if isinstance(row, TakenRow) else None,
        opening_id=names.opening_id,
        adjustment_id=names.adjustment_id,
        act=None if act is None else Act(type=act.type, id=act.id),
        challenge=None if attained is None else Challenge(name=attained.name, id=attained.id),
        rules=tuple(row.rules or ()),
        referral=names.referral,
    )


def told_at_merge(
    posted: Sequence[Event], customer: CustomerKey, account: Account, settled: Settled, trigger: Event, now: datetime
) -> list[Event]:
    """``posted``, or an event without entries, for a customer who has taken over what aliases had."""
    events = _last_of_points(posted) or [*posted, _without_entries(customer, account, settled, trigger, now)]
    return _history(events, announced_tier=account.announced_tier)


def closed_events(
    posted: Sequence[Event],
    alias: CustomerKey,
    root: CustomerKey,
    account: Account,
    settled: Settled,
    trigger: Event | None,
    now: datetime,
) -> list[Event]:
    """``posted``, or an event without entries, for an alias whose points are those of the root now."""
    events = _last_of_points(posted) or [*posted, _without_entries(alias, account, settled, trigger, now)]
    history = _history(events, merged_into=root.customer_id)
    return [_credit_merged(event, root) if event.type == "credit.posted" else event for event in history]


def _credit_merged(event: Event, root: CustomerKey) -> Event:
    return structs.replace(event, data=structs.replace(event.data, merged_into=root.customer_id))


def _last_of_points(posted: Sequence[Event]) -> list[Event]:
    """The events, if the last of them is of points; else none."""
    return [*posted] if posted and posted[-1].type == "points.posted" else []


def _history(events: Sequence[Event], **told: str | None) -> list[Event]:
    """The events as history, because whoever was told of these points was told before; the last one tells more."""
    last = structs.replace(events[-1], data=structs.replace(events[-1].data, **told))
    return [structs.replace(event, backfill=True) for event in (*events[:-1], last)]


def _without_entries(
    customer: CustomerKey, account: Account, settled: Settled, trigger: Event | None, now: datetime
) -> Event:
    """The state of a customer for whom nothing has to be posted, under a version of its own."""
    account.version += 1
    data = PointsPosted(entries=(), balance=_balance(settled), version=account.version, tier=settled.tier)
    return derived_event(
        NAME,
        "points.posted",
        data,
        about=customer,
        cause=origin_of(trigger),
        now=now,
        id_from=f"merged|{customer.shop}:{customer.customer_id}|{account.version}",
    )


def as_history(event: Event) -> Event:
    """The event, of which nobody needs to hear any more."""
    return structs.replace(event, backfill=True)


def history_if_old(event: Event, now: datetime) -> Event:
    """The event; as history if nobody needs to hear of it any more."""
    return event if to_us(now) - to_us(event.time) <= LATE else as_history(event)


def tier_event(customer: CustomerKey, move: TierMove, version: int, trigger: Event | None, now: datetime) -> Event:
    """``tier.changed``, dated at the instant since which the tier is held."""
    at = from_us(move.at)
    return derived_event(
        NAME,
        "tier.changed",
        TierChanged(tier=move.tier, previous=move.previous, at=at, version=version),
        about=customer,
        cause=origin_of(trigger),
        now=now,
        id_from=f"tier|{customer.shop}:{customer.customer_id}|{version}",
        time=at,
    )


def at_risk_events(
    customer: CustomerKey, settled: Settled, version: int, trigger: Event | None, now: datetime
) -> list[Event]:
    """``tier.at_risk``: for each drop that is announced, and each that was announced and does not come."""
    events = []
    for drop, until, at in settled.at_risk:
        data = TierAtRisk(until=from_us(until), at_risk=False)
        if drop is not None:
            data = TierAtRisk(
                until=from_us(until),
                tier=drop.tier,
                falls_to=drop.falls_to,
                missing=None if drop.measure in COUNTED else amount_of(drop.missing),
                currency="" if drop.measure in COUNTED else drop.currency,
                measure=drop.measure,
                missing_count=drop.missing if drop.measure in COUNTED else None,
            )
        cause = origin_of(trigger)
        key = f"{customer.shop}:{customer.customer_id}"
        id_from = f"at risk|{key}|{data.until.isoformat()}|{data.at_risk}|{version}"
        events.append(
            derived_event(
                NAME, "tier.at_risk", data, about=customer, cause=cause, now=now, id_from=id_from, time=from_us(at)
            )
        )
    return events


def expiring_events(customer: CustomerKey, settled: Settled, now: datetime) -> list[Event]:
    """``points.expiring``, one per midnight at which points expire; the id is derived from that midnight."""
    available = settled.balance.available
    return [
        derived_event(
            NAME,
            "points.expiring",
            PointsExpiring(points=warning.points, expires_at=from_us(warning.expires_at), available=available),
            about=customer,
            cause=Due(f"expiring {from_us(warning.expires_at).isoformat()}", from_us(warning.at)),
            now=now,
        )
        for warning in settled.warnings
    ]
