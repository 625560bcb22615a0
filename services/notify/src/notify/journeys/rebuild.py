"""Journeys from the topic: every version that notify has published, before anything starts under it."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.documents.rows import Version, insert_version, record_withdrawal
from mandegar.events import Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on
from notify.journeys.document import JOURNEYS


async def restore_versions(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the versions in ``events``, or withdraw them."""
    for event in events:
        data = event.data
        if data.withdrawn:
            await record_withdrawal(connection, JOURNEYS, (event.shop, data.name, data.version), event.recorded_time)
            continue
        version = Version(event.shop, data.name, data.version, data.effective_from, data.document, event.recorded_time)
        await insert_version(connection, JOURNEYS, version)
    return ()


REBUILD = Rebuild(reads=(on({"journey.changed"}, restore_versions, group=f"{REBUILD_GROUP}.journeys"),))
