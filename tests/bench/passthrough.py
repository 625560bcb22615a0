"""The limit: the barest lane that still keeps the promise. No types, no rules, nothing but the exactly-once path.

Poll, one transaction {offset compare-and-swap, inbox, ledger, balance, outbox}, publish the outbox in packed batches.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import TypeAlias
from zlib import crc32

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from bench import load
from bench.figures import Measured
from bench.stage import Stage
from mandegar.database import Pool, Row

Share: TypeAlias = tuple[int, Sequence[ConsumerRecord]]

EVENTS = 200_000
RUNS = 3
_SCHEMA = """
CREATE TABLE offsets (partition int PRIMARY KEY, next_offset bigint NOT NULL);
CREATE TABLE inbox (event_id uuid PRIMARY KEY);
CREATE TABLE ledger (event_id uuid, customer text, points bigint);
CREATE TABLE balances (customer text PRIMARY KEY, points bigint NOT NULL);
CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, partition int, key bytea, value bytea);
"""
_APPLY = """
WITH fresh AS (
    INSERT INTO inbox SELECT DISTINCT id FROM unnest($1::uuid[]) AS id ON CONFLICT DO NOTHING RETURNING event_id
), batch AS (
    SELECT DISTINCT ON (id) id, customer, partition, key, value
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::bytea[], $5::bytea[]) AS b(id, customer, partition, key, value)
    JOIN fresh ON fresh.event_id = b.id
), booked AS (
    INSERT INTO ledger SELECT id, customer, 1 FROM batch
), added AS (
    INSERT INTO balances SELECT customer, count(*) FROM batch GROUP BY customer ORDER BY customer
    ON CONFLICT (customer) DO UPDATE SET points = balances.points + excluded.points
)
INSERT INTO outbox (partition, key, value) SELECT partition, key, value FROM batch
"""


async def measure(stage: Stage) -> list[Measured]:
    """Events a second of the barest lane: the middle one of three runs, because everything else is divided by it."""
    runs = [await _measure_once(stage, number) for number in range(RUNS)]
    stage.log(f"  {', '.join(f'{run.value:,.0f}' for run in runs)}")
    return [sorted(runs, key=lambda run: run.value)[RUNS // 2]]


async def _measure_once(stage: Stage, number: int) -> Measured:
    prefix, events = await stage.topics(f"limit-{number}."), stage.count(EVENTS)
    await load.produce(stage.kafka, f"{prefix}ingest.events", load.mix(events))
    database = f"passthrough_{number}"
    admin = await asyncpg.connect(stage.admin_url)
    await admin.execute(f"CREATE DATABASE {database}")
    await admin.close()
    url = f"{stage.admin_url.rsplit('/', 1)[0]}/{database}"
    total = events + load.PARTITIONS
    meter, began = stage.meter(), time.monotonic()
    await drain(stage.kafka, url, f"{prefix}ingest.events", f"{prefix}loyalty.events", load.PARTITIONS, total)
    return Measured(total / (time.monotonic() - began), meter.per_event(total))


async def drain(bootstrap: str, database_url: str, source: str, target: str, partitions: int, total: int) -> int:
    """Apply and publish ``total`` records of ``source``; how many distinct events there were."""
    pool = await asyncpg.create_pool(database_url, min_size=2, max_size=3)
    await pool.execute(_SCHEMA)
    await pool.executemany("INSERT INTO offsets VALUES ($1, 0)", [(number,) for number in range(partitions)])
    done = asyncio.Event()
    relay = asyncio.create_task(_relay(bootstrap, pool, target, done))
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest",
        max_partition_fetch_bytes=512 * 1024,
    )  # fmt: skip
    await consumer.start()
    consumer.assign([TopicPartition(source, number) for number in range(partitions)])
    seen = 0
    lanes: dict[int, asyncio.Task[None]] = {}
    while seen < total:
        free = [p for p in consumer.assignment() if (task := lanes.get(p.partition % 2)) is None or task.done()]
        if not free:
            await asyncio.wait(lanes.values(), return_when=asyncio.FIRST_COMPLETED)
            continue
        polled = await consumer.getmany(*free, timeout_ms=20, max_records=4_000)
        shares: dict[int, list[Share]] = {}
        for partition, records in polled.items():
            shares.setdefault(partition.partition % 2, []).append((partition.partition, records))
            seen += len(records)
        for lane, share in shares.items():
            lanes[lane] = asyncio.create_task(_apply(pool, share, partitions))
    await asyncio.gather(*lanes.values())
    done.set()
    await relay
    applied: int = await pool.fetchval("SELECT count(*) FROM inbox")
    await consumer.stop()
    await pool.close()
    return applied


async def _apply(pool: Pool, share: Sequence[Share], partitions: int) -> None:
    ids, customers, targets, keys, values = [], [], [], [], []
    for _, records in share:
        for record in records:
            event = orjson.loads(record.value)
            ids.append(event["id"])
            customers.append(event.get("customerid", ""))
            targets.append(crc32(record.key) % partitions)
            keys.append(record.key)
            values.append(record.value)
    async with pool.acquire() as connection, connection.transaction():
        for partition, records in sorted(share):
            moved = await connection.execute(
                "UPDATE offsets SET next_offset = $3 WHERE partition = $1 AND next_offset = $2",
                partition,
                records[0].offset,
                records[-1].offset + 1,
            )
            assert moved == "UPDATE 1"
        await connection.execute(_APPLY, ids, customers, targets, keys, values)


async def _relay(bootstrap: str, pool: Pool, target: str, done: asyncio.Event) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, max_batch_size=256 * 1024
    )
    await producer.start()
    while True:
        last = done.is_set()
        rows = await pool.fetch("SELECT id, partition, key, value FROM outbox ORDER BY id LIMIT 4000")
        if not rows:
            if last:
                break
            await asyncio.sleep(0.005)
            continue
        by_partition: dict[int, list[Row]] = {}
        for row in rows:
            by_partition.setdefault(row["partition"], []).append(row)
        acknowledgements = []
        for partition, waiting in by_partition.items():
            batch = producer.create_batch()
            for row in waiting:
                if batch.append(key=row["key"], value=row["value"], timestamp=None) is None:
                    batch.close()
                    acknowledgements.append(await producer.send_batch(batch, target, partition=partition))
                    batch = producer.create_batch()
                    batch.append(key=row["key"], value=row["value"], timestamp=None)
            batch.close()
            acknowledgements.append(await producer.send_batch(batch, target, partition=partition))
        await asyncio.gather(*acknowledgements)
        await pool.execute("DELETE FROM outbox WHERE id = ANY($1::bigint[])", [row["id"] for row in rows])
    await producer.stop()
