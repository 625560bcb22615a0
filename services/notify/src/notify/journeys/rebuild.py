"""Journeys from the topic: every version that notify has published, before anything starts under it."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.documents.rows import Version, insert_version
from mandegar.events import Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on
from notify.journeys.document import JOURNEYS


async def restore_versions(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the versions in ``events``."""
    for event in events:
        data = event.data
        version = Version(event.shop, data.name, data.version, data.effective_from, data.document, event.recorded_time)
        await insert_version(connection, JOURNEYS, version)
    return ()


REBUILD = Rebuild(reads=(on({"journey.changed"}, restore_versions, group=f"{REBUILD_GROUP}.journeys"),))
