"""The event that publishes a version of a journey: a rebuild starts journeys by it again."""

from mandegar.documents.rows import Version
from mandegar.events import Event, derived_id
from mandegar.events.notify import JourneyChanged


def journey_changed(version: Version) -> Event:
    """``journey.changed`` for one stored version."""
    return Event(
        id=derived_id("notify", f"journey|{version.shop}|{version.name}|{version.version}", "journey.changed"),
        source="urn:mandegar:service:notify",
        type="journey.changed",
        time=version.created_at,
        shop=version.shop,
        recorded_time=version.created_at,
        data=JourneyChanged(
            name=version.name,
            version=version.version,
            effective_from=version.effective_from,
            document=version.document,
        ),
    )
