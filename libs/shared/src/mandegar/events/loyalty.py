"""Data of ``loyalty.events``: entries of the ledger, tiers, points about to expire, programmes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

EntryKind = Literal["earn", "activate", "hold", "spend", "release", "expire", "reverse", "repay", "adjust", "transfer"]


class Balance(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Integer points: spendable now, waiting for their hold, reserved, owed, and ever earned net of reversals."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    lifetime: int = 0


class LedgerEntry(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of a customer's ledger, in signed points. ``expires_at`` is its lot's."""

    entry_id: UUID
    kind: EntryKind
    points: int
    lot_id: UUID
    effective_at: datetime
    order_id: str | None = None
    expires_at: datetime | None = None


class PointsPosted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Entries that were posted together, and the balance behind them. ``version`` is that of the last entry."""

    entries: tuple[LedgerEntry, ...]
    balance: Balance
    version: int
    tier: str


class TierChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    tier: str
    previous: str
    at: datetime
    version: int


class PointsExpiring(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """``points`` of this customer will be gone at ``expires_at`` unless they are used."""

    points: int
    expires_at: datetime
    available: int


class ProgrammeChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A shop's programme from ``effective_from`` on, as it was written: without it no balance could be recomputed."""

    version: int
    effective_from: datetime
    document: str
