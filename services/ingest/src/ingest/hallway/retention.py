"""What ingest keeps for a time only: the quarantine, and, where a shop wants it, bodies of accepted events."""

from datetime import datetime

from ingest.hallway.rows.retention import delete_bodies, delete_quarantined
from ingest.settings import IngestSettings
from mandegar.database import WorkerConnection
from mandegar.service.parts import Expiry


async def _quarantine(connection: WorkerConnection, now: datetime, settings: IngestSettings) -> int:
    return await delete_quarantined(connection, now, settings.quarantine_days)


async def _bodies(connection: WorkerConnection, now: datetime, _: IngestSettings) -> int:
    return await delete_bodies(connection, now)


EXPIRIES = (Expiry("quarantine", _quarantine), Expiry("bodies of events", _bodies))
