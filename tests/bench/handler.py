"""The same load through what a team would write today, with its defaults and tuned, and how much faster ours is."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from bench import load
from bench.figures import Measured
from bench.handler_tables import Base
from bench.stage import Stage

FORMS = {"defaults": 20_000, "workers": 40_000, "batches": 200_000}
OURS = ("loyalty alone", "churn alone")
WINDOW_SECONDS = 20.0
STARTS_WITHIN_SECONDS = 30.0
LOOK_SECONDS = 0.1
# By its ids, because counting the rows would be load of its own.
_HANDLED = "SELECT coalesce(max(entry_id), 0) FROM ledger"


async def measure(stage: Stage) -> list[Measured]:
    """Events a second of each form, then ours as multiples of the defaults."""
    found = []
    for form, full in FORMS.items():
        stage.log(f"  {form}")
        found.append(await _measure(stage, form, stage.count(full)))
    defaults = found[0].value
    return [*found, *(Measured(stage.found[name] / defaults) for name in OURS)]


async def _measure(stage: Stage, form: str, events: int) -> Measured:
    prefix = await stage.topics(f"handler.{form}.")
    source, target = f"{prefix}ingest.events", f"{prefix}loyalty.events"
    records = list(load.mix(events))
    await load.produce(stage.kafka, source, records)
    url = await _database(stage.admin_url, f"handler_{form}")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "KAFKA": stage.kafka,
        "DATABASE": url.replace("postgresql://", "postgresql+asyncpg://", 1),
        "SOURCE": source,
        "TARGET": target,
    }
    log_file = stage.directory / f"{prefix}log"
    with log_file.open("wb") as log:
        command = [sys.executable, "-m", "bench.handler_app", form]
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        # A duplicate leaves no entry, and is an event handled all the same.
        fresh = len({record.id for record in records}) + load.PARTITIONS
        return await _watch(stage, url, child, log_file, fresh, (events + load.PARTITIONS) / fresh)
    finally:
        child.kill()
        await asyncio.to_thread(child.wait)


async def _watch(
    stage: Stage, url: str, child: "subprocess.Popen[bytes]", log_file: Path, fresh: int, deliveries: float
) -> Measured:
    """Events a second from the first entries to the last, or for as long as the window is."""
    connection = await asyncpg.connect(url)
    try:
        async with asyncio.timeout(STARTS_WITHIN_SECONDS):
            while not (first := await connection.fetchval(_HANDLED)):
                assert child.poll() is None, log_file.read_text()[-2000:]
                await asyncio.sleep(LOOK_SECONDS)
        meter, began, handled = stage.meter([child.pid]), time.monotonic(), first
        while handled < fresh and time.monotonic() - began < stage.seconds(WINDOW_SECONDS):
            assert child.poll() is None, log_file.read_text()[-2000:]
            await asyncio.sleep(LOOK_SECONDS)
            handled = await connection.fetchval(_HANDLED)
        events = (handled - first) * deliveries
        return Measured(events / (time.monotonic() - began), meter.per_event(events))
    finally:
        await connection.close()


async def _database(admin_url: str, name: str) -> str:
    admin = await asyncpg.connect(admin_url)
    await admin.execute(f'CREATE DATABASE "{name}"')
    await admin.close()
    url = f"{admin_url.rsplit('/', 1)[0]}/{name}"
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    return url
