"""``credit.posted``: what is posted in money, told apart from points, so that no reader takes one for the other."""

from loyalty.account.ledger_rows import LedgerRow, TakenRow
from loyalty.account.posting_events import Posting, posting_events
from loyalty.domain.lots import Lot
from loyalty.domain.money import credit_amount
from loyalty.domain.naming import named
from loyalty.domain.settled import CreditBalance, Settled
from loyalty.domain.units import credit_kind
from mandegar.events import CustomerKey, Event
from mandegar.events.credit import CreditEntry, CreditPosted, CreditSums
from mandegar.events.derived import Origin
from mandegar.quantities import from_us


def credit_posted_events(customer: CustomerKey, posting: Posting, settled: Settled, origin: Origin) -> list[Event]:
    """``credit.posted`` for the entries of credit of one settling."""
    currency = "" if settled.credit is None else settled.credit.currency
    balance = CreditSums() if settled.credit is None else _sums(settled.credit)

    def data_of(rows: Posting) -> CreditPosted:
        entries = tuple([_entry(row, lot) for row, lot in rows])
        return CreditPosted(entries=entries, currency=currency, balance=balance, version=rows[-1][0].version)

    return posting_events(posting, "credit.posted", data_of, customer, origin)


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
