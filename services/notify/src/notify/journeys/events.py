"""The event that publishes a version of a journey: a rebuild starts journeys by it again."""

from mandegar.documents.rows import Version
from mandegar.events import Event
from mandegar.events.derived import Origin, derived_event
from mandegar.events.notify import JourneyChanged
from notify import NAME


def journey_changed(version: Version) -> Event:
    """``journey.changed`` for one stored version."""
    changed = JourneyChanged(
        name=version.name,
        version=version.version,
        effective_from=version.effective_from,
        document=version.document,
    )
    id_from = f"journey|{version.shop}|{version.name}|{version.version}"
    at = version.created_at
    return derived_event(NAME, "journey.changed", changed, about=version.shop, cause=Origin(), now=at, id_from=id_from)
