"""The events that loyalty publishes about rewards."""

from datetime import datetime

from loyalty.domain.ids import NAME
from mandegar.documents.rows import Version
from mandegar.events import Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.loyalty import RewardsChanged


def rewards_event(version: Version, *, withdrawn_at: datetime | None = None) -> Event:
    """``rewards.changed``: a version of the catalogue was stored or withdrawn."""
    number, withdrawn = version.version, withdrawn_at is not None
    changed = RewardsChanged(
        version=number, effective_from=version.effective_from, document=version.document, withdrawn=withdrawn
    )
    return derived_event(
        NAME,
        "rewards.changed",
        changed,
        about=version.shop,
        cause=Origin(),
        now=withdrawn_at or version.created_at,
        id_from=f"rewards|{version.shop}|{number}{'|withdrawn' if withdrawn else ''}",
    )
