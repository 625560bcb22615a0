"""Versions of catalogues, restored from what loyalty has published."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.rewards.document import CATALOGUES
from mandegar.database import WorkerConnection
from mandegar.documents.rows import Version, record_withdrawal
from mandegar.documents.versions import restore_version
from mandegar.events import Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_catalogues(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store the version in each ``rewards.changed``, or withdraw it."""
    for event in events:
        data = event.data
        if data.withdrawn:
            await record_withdrawal(connection, CATALOGUES, (event.shop, "", data.version), event.recorded_time)
            continue
        version = Version(event.shop, "", data.version, data.effective_from, data.document, event.recorded_time)
        await restore_version(connection, CATALOGUES, version, now)
    return ()


REBUILD = Rebuild(reads=(on({"rewards.changed"}, restore_catalogues, group=REBUILD_GROUP),))
