"""The answers of loyalty's routes. Points are integers, instants RFC 3339 in UTC."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class NextExpiry(BaseModel):
    """Usable points that will be gone at ``at``."""

    points: int
    at: datetime


class BalanceAnswer(BaseModel):
    """What a customer has. Everything due by ``as_of`` is in it; ``version`` counts what was published of them."""

    customer_id: str
    available: int
    pending: int
    held: int
    debt: int
    lifetime: int
    tier: str
    tier_until: datetime | None
    next_expiry: NextExpiry | None
    as_of: datetime
    version: int


class LotAnswer(BaseModel):
    """The points of one order, and where they are. ``points`` is what the net order is due."""

    lot_id: UUID
    order_id: str
    earned_at: datetime
    active_at: datetime
    expires_at: datetime | None
    points: int
    pending: int
    available: int
    tier: str
    programme_version: int


class EntryAnswer(BaseModel):
    """One line of the ledger. ``cause`` is the event whose effect it is, null where time alone did it; ``triggered_by``
    is the event whose arrival made us post it: another one where a late event corrects what was posted before.
    """

    entry_id: UUID
    version: int
    lot_id: UUID
    order_id: str
    kind: str
    bucket: str
    points: int
    cause: UUID | None
    triggered_by: UUID | None
    programme_version: int | None
    effective_at: datetime
    posted_at: datetime


class LedgerAnswer(BaseModel):
    """Lots with points left, and a page of entries, the newest first; ``next_before`` asks for the next page."""

    customer_id: str
    lots: list[LotAnswer]
    entries: list[EntryAnswer]
    next_before: int | None
    as_of: datetime | None
    version: int
