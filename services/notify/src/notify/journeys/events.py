"""The event that publishes a version of a journey: a rebuild starts journeys by it again."""

from datetime import datetime

from mandegar.documents.rows import Version
from mandegar.events import Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.notify import JourneyChanged
from notify import NAME


def journey_changed(version: Version, *, withdrawn_at: datetime | None = None) -> Event:
    """``journey.changed`` for one stored or withdrawn version."""
    changed = JourneyChanged(
        name=version.name,
        version=version.version,
        effective_from=version.effective_from,
        document=version.document,
        withdrawn=withdrawn_at is not None,
    )
    id_from = f"journey|{version.shop}|{version.name}|{version.version}{'|withdrawn' if withdrawn_at else ''}"
    at = withdrawn_at or version.created_at
    return derived_event(NAME, "journey.changed", changed, about=version.shop, cause=Origin(), now=at, id_from=id_from)
