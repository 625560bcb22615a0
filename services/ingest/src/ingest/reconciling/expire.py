"""Reconciliations are kept for some weeks after they were last used."""

from datetime import datetime, timedelta

from ingest.reconciling.rows import delete_old
from ingest.settings import IngestSettings
from mandegar.database import WorkerConnection
from mandegar.service.parts import Expiry

KEPT = timedelta(days=30)
DELETE_LIMIT = 1_000


async def _reconciliations(connection: WorkerConnection, now: datetime, _: IngestSettings) -> int:
    return await delete_old(connection, now - KEPT, DELETE_LIMIT)


EXPIRIES = (Expiry("reconciliations", _reconciliations),)
