"""The events that tell what was found of a claim, what a person decided, and that a customer has a code."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from loyalty.domain.ids import NAME
from loyalty.referrals.rows import CodeRow, ReferralRow
from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.derived import Origin, derived_event, origin_of
from mandegar.events.identity import is_opaque
from mandegar.events.referrals import ReferralChanged, ReferralCodeIssued, ReferralState

CHANGED = "referral.changed"
ISSUED = "referral.code_issued"


def judged_id(referral_id: UUID, reasons: Sequence[str]) -> UUID:
    """The id of what was found of a claim: each finding is told once."""
    return derived_id(NAME, f"{referral_id}|judged|{','.join(reasons)}", CHANGED)


def decided_id(referral_id: UUID, decision: str, at: datetime) -> UUID:
    """The id of a decision."""
    return derived_id(NAME, f"{referral_id}|{decision}|{at.isoformat()}", CHANGED)


def issued_id(shop: str, code_id: str) -> UUID:
    """The id of the event that a customer has a code."""
    return derived_id(NAME, f"{shop}|{code_id}", ISSUED)


def judged_event(row: ReferralRow, cause: Event, now: datetime) -> Event:
    """``referral.changed``: a claim was looked at."""
    data = ReferralChanged(
        referral_id=row.referral_id,
        code_id=row.code_id,
        change="judged",
        state=cast("ReferralState", row.state),
        at=now,
        claimed_at=row.claimed_at,
        reasons=tuple(row.reasons),
    )
    return derived_event(
        NAME,
        CHANGED,
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=origin_of(cause),
        now=now,
        id_from=judged_id(row.referral_id, row.reasons),
    )


def decided_event(row: ReferralRow, decision: Literal["waiting", "rejected"], at: datetime, place: int) -> Event:
    """``referral.changed``: a person decided. ``waiting`` means that it was approved."""
    subject = row.decided_by if row.decided_by is not None and is_opaque(row.decided_by) else None
    data = ReferralChanged(
        referral_id=row.referral_id,
        code_id=row.code_id,
        change="decided",
        state=decision,
        at=at,
        claimed_at=row.claimed_at,
        place=place,
        key_id=row.decided_key,
        subject=subject,
    )
    return derived_event(
        NAME,
        CHANGED,
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=Origin(),
        now=at,
        id_from=decided_id(row.referral_id, decision, at),
    )


def issued_event(row: CodeRow) -> Event:
    """``referral.code_issued``."""
    data = ReferralCodeIssued(code_id=row.code_id, seed=row.seed, at=row.issued_at)
    return derived_event(
        NAME,
        ISSUED,
        data,
        about=CustomerKey(row.shop, row.customer_id),
        cause=Origin(),
        now=row.issued_at,
        id_from=issued_id(row.shop, row.code_id),
    )
