"""Data of ``credit.posted``: what is posted in money. Amounts are decimals, exact to a thousandth of the currency."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from mandegar.events.loyalty import EntryKind

_NOTHING = Decimal(0)


class CreditSums(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Spendable now, waiting for the end of its hold, reserved, owed, and earned less reversals."""

    available: Decimal = _NOTHING
    pending: Decimal = _NOTHING
    held: Decimal = _NOTHING
    debt: Decimal = _NOTHING
    lifetime: Decimal = _NOTHING


class CreditEntry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An entry of a customer's ledger in credit; ``amount`` is signed, ``expires_at`` is that of the entry's lot.

    ``earned_as`` and ``rules`` are those of an entry of points, ``adjustment_id`` is that by which staff gave the lot.
    """

    entry_id: UUID
    kind: EntryKind
    amount: Decimal
    lot_id: UUID
    effective_at: datetime
    order_id: str | None = None
    expires_at: datetime | None = None
    earned_as: str | None = None
    rules: tuple[str, ...] = ()
    adjustment_id: UUID | None = None


class CreditPosted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Ledger entries in credit that were posted together, and the balance after them, in ``currency``.

    ``version`` is that of the customer's ledger after the last entry: the entries of points go on behind it. The
    currency is empty where nothing is left because no order of the customer earns credit any more. Where that is so
    because the customer became an alias, ``merged_into`` is the root, who has it.
    """

    entries: tuple[CreditEntry, ...]
    currency: str = ""
    balance: CreditSums
    version: int
    merged_into: str | None = None
