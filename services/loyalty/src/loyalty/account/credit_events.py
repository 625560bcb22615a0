"""``credit.posted``: what is posted in money, told apart from points, so that no reader takes one for the other."""

from collections.abc import Sequence
from typing import TypeAlias

from loyalty.account.ledger_rows import LedgerRow, TakenRow
from loyalty.domain.ids import NAME
from loyalty.domain.lots import Lot
from loyalty.domain.money import credit_amount
from loyalty.domain.naming import named
from loyalty.domain.settled import CreditBalance, Settled
from loyalty.domain.units import credit_kind
from mandegar.events import CustomerKey, Event
from mandegar.events.credit import CreditEntry, CreditPosted, CreditSums
from mandegar.events.derived import Origin, derived_event
from mandegar.quantities import from_us

ENTRIES_MAX = 500

Posting: TypeAlias = Sequence[tuple[LedgerRow, Lot | None]]


def credit_posted_events(customer: CustomerKey, posting: Posting, settled: Settled, origin: Origin) -> list[Event]:
    """``credit.posted`` for the entries of credit of one settling. The id of an event is that of its first entry."""
    events = []
    for start in range(0, len(posting), ENTRIES_MAX):
        rows = posting[start : start + ENTRIES_MAX]
        first, last = rows[0][0], rows[-1][0]
        data = CreditPosted(
            entries=tuple([_entry(row, lot) for row, lot in rows]),
            currency="" if settled.credit is None else settled.credit.currency,
            balance=CreditSums() if settled.credit is None else _sums(settled.credit),
            version=last.version,
        )
        events.append(
            derived_event(
                NAME,
                "credit.posted",
                data,
                about=customer,
                cause=origin,
                now=first.posted_at,
                id_from=first.entry_id,
                time=last.effective_at,
            )
        )
    return events


def _sums(credit: CreditBalance) -> CreditSums:
    return CreditSums(**{name: credit_amount(amount) for name, amount in credit.balance._asdict().items()})


def _entry(row: LedgerRow, lot: Lot | None) -> CreditEntry:
    names = named(row.order_id)
    return CreditEntry(
        entry_id=row.entry_id,
        kind=credit_kind(row.kind) or "",  # type: ignore[arg-type]  # every kind of the domain is an EntryKind
        amount=credit_amount(row.points),
        lot_id=row.lot_id,
        effective_at=row.effective_at,
        order_id=names.order_id,
        expires_at=None if lot is None or lot.expires_at is None else from_us(lot.expires_at),
        earned_as=row.earned_as if isinstance(row, TakenRow) else None,
        rules=tuple(row.rules or ()),
        adjustment_id=names.adjustment_id,
    )
