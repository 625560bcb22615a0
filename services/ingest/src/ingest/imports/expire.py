"""Imports that do not get on are kept as long as events in quarantine."""

from datetime import datetime, timedelta

from ingest.imports.import_rows import delete_imports
from ingest.settings import IngestSettings
from mandegar.database import WorkerConnection
from mandegar.service.parts import Expiry

DELETE_LIMIT = 1_000


async def _imports(connection: WorkerConnection, now: datetime, settings: IngestSettings) -> int:
    return await delete_imports(connection, now - timedelta(days=settings.quarantine_days), DELETE_LIMIT)


EXPIRIES = (Expiry("imports", _imports),)
