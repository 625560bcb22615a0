"""Learns how much each source sends in each hour, and notices one that usually sends and has gone silent."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ingest.domain.silence import is_silent
from ingest.settings import IngestSettings
from ingest.sources.metrics import SILENT_SOURCES
from ingest.sources.rhythm_rows import count_hours, count_silent, delete_hours, quiet_sources, set_silent, take_turn
from mandegar.database import Connection, WorkerConnection, transaction
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.health import Check
from mandegar.service.parts import Expiry, Measure
from mandegar.telemetry.logging import logger

log = logger(__name__)

EVERY_SECONDS = 60.0
HOUR = timedelta(hours=1)
# Transactions of doors that began before have ended.
SETTLED = timedelta(seconds=30)
DELETE_LIMIT = 1_000


class Silence:
    """The watch over silent sources; any number of processes may keep it, and they take turns."""

    def __init__(self, context: Context[IngestSettings]) -> None:
        self._context = context
        self._silent = 0

    @property
    def checks(self) -> Mapping[str, Check]:
        """Whether a source that usually sends is silent."""
        return {"silent sources": self._check}

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        await every(EVERY_SECONDS, self.look, name="silence")

    async def look(self) -> bool:
        """Count what came, an hour of it at most, and note who is silent; whether there is more to count."""
        now = self._context.clock.now() - SETTLED
        async with transaction(self._context.worker) as connection:
            since = await take_turn(connection, now)
            until = now if since is None else min(now, since + HOUR)
            if since is not None and since < until:
                await count_hours(connection, since, until)
            if since is not None and until == now:
                await _note_silent(connection, now)
            self._silent = await count_silent(connection)
        return until < now

    async def _check(self) -> str | None:
        if not self._silent:
            return None
        return (
            f"sources that usually send at this time of the week and are silent: {self._silent}; GET /v1/sources of "
            "their shops shows silent_since"
        )


async def _note_silent(connection: WorkerConnection, now: datetime) -> None:
    whole = now.replace(minute=0, second=0, microsecond=0) - HOUR
    silent: dict[str, datetime] = {}
    for source in await quiet_sources(connection, whole):
        since = source["last"] + HOUR
        if is_silent(since, now, source["weeks"]):
            silent[source["id"]] = since
            if source["silent_since"] is None:
                log.warning("source_silent", source=source["id"], since=since.isoformat())
    await set_silent(connection, silent)


async def _count(connection: Connection) -> Sequence[float]:
    return (await count_silent(connection),)


async def _hours(connection: WorkerConnection, now: datetime, _: IngestSettings) -> int:
    return await delete_hours(connection, now, DELETE_LIMIT)


SILENT = Measure((SILENT_SOURCES,), _count)
EXPIRIES = (Expiry("hours of sources", _hours),)
