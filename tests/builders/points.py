"""Events of a customer's points and tier as loyalty publishes them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from builders.events import NOON, event
from mandegar.events import Event
from mandegar.events.credit import CreditEntry, CreditPosted, CreditSums
from mandegar.events.loyalty import Balance, EntryKind, LedgerEntry, PointsExpiring, PointsPosted, TierChanged


def posted(available: int, version: int, *, tier: str = "gold", **more: Any) -> Event:
    """Points were earned, and this is what there is now."""
    data = PointsPosted(
        entries=(LedgerEntry(entry_id=uuid4(), kind="earn", points=available, lot_id=uuid4(), effective_at=NOON),),
        balance=Balance(available=available, lifetime=available), version=version, tier=tier,
    )  # fmt: skip
    return event("points.posted", data, **more)


def credit_posted(available: str, version: int, *, kind: EntryKind = "earn", **more: Any) -> Event:
    """Credit was earned, and this is what there is now."""
    amount = Decimal(available)
    data = CreditPosted(
        entries=(CreditEntry(entry_id=uuid4(), kind=kind, amount=amount, lot_id=uuid4(), effective_at=NOON),),
        currency="IRR", balance=CreditSums(available=amount, lifetime=amount), version=version,
    )  # fmt: skip
    return event("credit.posted", data, **more)


def expiring(points: int = 1240, *, in_days: float = 14, **more: Any) -> Event:
    data = PointsExpiring(points=points, expires_at=NOON + timedelta(days=in_days), available=points)
    return event("points.expiring", data, **more)


def tier_changed(version: int, tier: str, **more: Any) -> Event:
    return event("tier.changed", TierChanged(tier=tier, previous="bronze", at=NOON, version=version), **more)
