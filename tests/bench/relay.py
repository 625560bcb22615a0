"""The relay alone: rows that one commit put into the outbox of a real database, until the last is published."""

import asyncio
import time
from itertools import islice
from zlib import crc32

from bench import load
from bench.figures import Measured
from bench.stage import Stage
from harness.databases import ServiceDatabase
from mandegar.database import transaction
from mandegar.events import encode
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.outbox.relay import Relay

EVENTS = 200_000
ROWS_AT_ONCE = 20_000
_INSERT = """
    INSERT INTO outbox (topic, hash, key, value)
    SELECT 'ingest.events', * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[])
"""


async def measure(stage: Stage) -> list[Measured]:
    """Rows a second, from the commit that shows them to the empty outbox; the relay has its connections already."""
    prefix, events = await stage.topics("relay."), stage.count(EVENTS)
    async with stage.database("ingest") as database:
        relay = Relay(Broker(stage.kafka), database.worker_url, TopicNames(prefix), load.PARTITIONS)
        publishing = asyncio.create_task(relay.run())
        try:
            await _fill(database, min(events, 1_000))
            await _empty(database, publishing)
            await _fill(database, events)
            meter, began = stage.meter(), time.monotonic()
            relay.wake()
            await _empty(database, publishing)
            return [Measured(events / (time.monotonic() - began), meter.per_event(events))]
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)


async def _fill(database: ServiceDatabase, count: int) -> None:
    events = load.mix(count)
    async with transaction(database.worker) as connection:
        while some := list(islice(events, ROWS_AT_ONCE)):
            keys = [event.partition_key for event in some]
            values = [encode(event) for event in some]
            await connection.execute(_INSERT, [crc32(key) for key in keys], keys, values)


async def _empty(database: ServiceDatabase, publishing: "asyncio.Task[None]") -> None:
    while await database.worker.fetchval("SELECT EXISTS (SELECT 1 FROM outbox)"):
        if publishing.done():
            publishing.result()
        await asyncio.sleep(0.02)
