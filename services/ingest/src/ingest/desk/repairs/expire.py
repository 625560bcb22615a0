"""Repairs that have ended are kept as long as events in quarantine."""

from datetime import datetime, timedelta

from ingest.desk.repairs.rows import delete_repairs
from ingest.settings import IngestSettings
from mandegar.database import WorkerConnection
from mandegar.service.parts import Expiry

DELETE_LIMIT = 1_000


async def _repairs(connection: WorkerConnection, now: datetime, settings: IngestSettings) -> int:
    return await delete_repairs(connection, now - timedelta(days=settings.quarantine_days), DELETE_LIMIT)


EXPIRIES = (Expiry("repairs", _repairs),)
