"""The events that loyalty publishes about accounts: postings, moves between tiers, points about to expire."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from loyalty.account.ledger_rows import LedgerRow
from loyalty.domain.account import Settled, TierMove
from loyalty.domain.ids import NAME
from loyalty.domain.lots import Lot
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import BY_TIME, Due, derived_event, origin_of
from mandegar.events.loyalty import Balance, LedgerEntry, PointsExpiring, PointsPosted, TierChanged
from mandegar.quantities import from_us

ENTRIES_MAX = 500

Posting: TypeAlias = Sequence[tuple[LedgerRow, Lot | None]]


def posted_events(customer: CustomerKey, posting: Posting, settled: Settled, trigger: Event | None) -> list[Event]:
    """``points.posted`` for the entries of one settling, with the balance after all of them.

    ``trigger`` is the event on whose arrival the customer was settled, if any. The id of an event is that of its first
    entry. More than ``ENTRIES_MAX`` entries make several events.
    """
    available, pending, held, debt, lifetime = settled.balance
    balance = Balance(available=available, pending=pending, held=held, debt=debt, lifetime=lifetime)
    origin = BY_TIME if trigger is None else origin_of(trigger)
    events = []
    for start in range(0, len(posting), ENTRIES_MAX):
        rows = posting[start : start + ENTRIES_MAX]
        first, last = rows[0][0], rows[-1][0]
        data = PointsPosted(
            entries=tuple([_entry(row, lot) for row, lot in rows]),
            balance=balance,
            version=last.version,
            tier=settled.tier,
        )
        events.append(
            derived_event(
                NAME,
                "points.posted",
                data,
                about=customer,
                cause=origin,
                now=first.posted_at,
                id_from=first.entry_id,
                time=last.effective_at,
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
    return derived_event(
        NAME,
        "tier.changed",
        TierChanged(tier=move.tier, previous=move.previous, at=at, version=version),
        about=customer,
        cause=BY_TIME if trigger is None else origin_of(trigger),
        now=now,
        id_from=f"tier|{customer.shop}:{customer.customer_id}|{version}",
        time=at,
    )


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
