"""What ingest keeps for a time only: the quarantine, bodies of browsers' events, and all bodies where shops want it."""

from datetime import datetime

from ingest.hallway.rows.retention import delete_bodies, delete_quarantined, delete_visit_bodies
from ingest.settings import IngestSettings
from mandegar.database import WorkerConnection
from mandegar.service.parts import Expiry


async def _quarantine(connection: WorkerConnection, now: datetime, settings: IngestSettings) -> int:
    return await delete_quarantined(connection, now, settings.quarantine_days)


async def _bodies(connection: WorkerConnection, now: datetime, _: IngestSettings) -> int:
    return await delete_bodies(connection, now)


async def _visit_bodies(connection: WorkerConnection, now: datetime, settings: IngestSettings) -> int:
    return await delete_visit_bodies(connection, now, settings.browser_body_days)


EXPIRIES = (
    Expiry("quarantine", _quarantine),
    Expiry("bodies of events", _bodies),
    Expiry("bodies of browsers' events", _visit_bodies),
)
