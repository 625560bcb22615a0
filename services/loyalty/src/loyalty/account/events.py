"""The events that loyalty publishes about accounts: postings, moves between tiers, points about to expire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from loyalty.account.ledger_rows import LedgerRow
from loyalty.domain.account import Settled, TierMove
from loyalty.domain.lots import Lot
from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.envelope import timed_event
from mandegar.events.loyalty import Balance, LedgerEntry, PointsExpiring, PointsPosted, TierChanged
from mandegar.quantities import from_us

SOURCE = "urn:mandegar:service:loyalty"
ENTRIES_MAX = 500

Posting: TypeAlias = Sequence[tuple[LedgerRow, Lot | None]]


def _origin_of(trigger: Event | None) -> dict[str, Any]:
    """The envelope fields that name the cause: the event on whose arrival the customer was settled, or time."""
    if trigger is None:
        return {"hops": 1}
    return {
        "hops": trigger.hops + 1,
        "causation_id": trigger.id,
        "correlation_id": trigger.correlation_id or trigger.id,
        "backfill": trigger.backfill,
        "traceparent": trigger.traceparent,
    }


def posted_events(posting: Posting, settled: Settled, trigger: Event | None) -> list[Event]:
    """``points.posted`` for the entries of one settling, with the balance after all of them.

    The id of the event is that of its first entry. More than ``ENTRIES_MAX`` entries make several events.
    """
    available, pending, held, debt, lifetime = settled.balance
    balance = Balance(available=available, pending=pending, held=held, debt=debt, lifetime=lifetime)
    origin = _origin_of(trigger)
    events = []
    for start in range(0, len(posting), ENTRIES_MAX):
        rows = posting[start : start + ENTRIES_MAX]
        first, last = rows[0][0], rows[-1][0]
        data = PointsPosted(
            entries=tuple(_entry(row, lot) for row, lot in rows),
            balance=balance,
            version=last.version,
            tier=settled.tier,
        )
        events.append(
            Event(
                id=first.entry_id,
                source=SOURCE,
                type="points.posted",
                time=last.effective_at,
                shop=first.shop,
                recorded_time=first.posted_at,
                data=data,
                customer_id=first.customer_id,
                **origin,
            )
        )
    return events


def _entry(row: LedgerRow, lot: Lot | None) -> LedgerEntry:
    return LedgerEntry(
        entry_id=row.entry_id,
        kind=row.kind,  # type: ignore[arg-type]  # every kind of the domain is an EntryKind
        points=row.points,
        lot_id=row.lot_id,
        effective_at=row.effective_at,
        order_id=row.order_id,
        expires_at=None if lot is None or lot.expires_at is None else from_us(lot.expires_at),
    )


def tier_event(customer: CustomerKey, move: TierMove, version: int, trigger: Event | None, now: datetime) -> Event:
    """``tier.changed``, dated at the instant since which the tier is held."""
    at = from_us(move.at)
    cause = f"tier|{customer.shop}:{customer.customer_id}|{version}"
    return Event(
        id=derived_id("loyalty", cause, "tier.changed"),
        source=SOURCE,
        type="tier.changed",
        time=at,
        shop=customer.shop,
        recorded_time=now,
        data=TierChanged(tier=move.tier, previous=move.previous, at=at, version=version),
        customer_id=customer.customer_id,
        **_origin_of(trigger),
    )


def expiring_events(customer: CustomerKey, settled: Settled, now: datetime) -> list[Event]:
    """``points.expiring``, one per midnight at which points expire; the id is derived from that midnight."""
    return [
        timed_event(
            "loyalty",
            f"expiring {from_us(warning.expires_at).isoformat()}",
            customer,
            "points.expiring",
            PointsExpiring(
                points=warning.points,
                expires_at=from_us(warning.expires_at),
                available=settled.balance.available,
            ),
            due=from_us(warning.at),
            now=now,
        )
        for warning in settled.warnings
    ]
