"""What a team would write with FastStream and SQLAlchemy, as a process: ``python -m bench.handler_app FORM``.

Three forms of the same handler, which gives a point an event: ``defaults`` is the one that the documentation of both
leads to, ``workers`` runs sixteen of it side by side, ``batches`` takes two thousand events into one transaction. None
keeps our promise: an offset is committed on its own, and an event is published behind the commit, with no outbox.
"""

import os
import sys
from zlib import crc32

import orjson
import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaPublishMessage
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.handler_tables import Balance, EventIn, Inbox, Ledger, PointGiven
from bench.load import PARTITIONS

KAFKA, DATABASE = os.environ["KAFKA"], os.environ["DATABASE"]
SOURCE, TARGET, GROUP = os.environ["SOURCE"], os.environ["TARGET"], "handler"
WORKERS = 16
BATCH = 2_000
_APPLY_BATCH = text(
    """
    WITH fresh AS (
        INSERT INTO inbox SELECT DISTINCT id FROM unnest(CAST(:ids AS uuid[])) AS id
        ON CONFLICT DO NOTHING RETURNING event_id
    ), batch AS (
        SELECT DISTINCT ON (id) id, customer
        FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS text[])) AS b(id, customer)
        JOIN fresh ON fresh.event_id = b.id
    ), booked AS (
        INSERT INTO ledger (event_id, customer_id, points) SELECT id, customer, 1 FROM batch
    ), added AS (
        INSERT INTO balances SELECT customer, count(*) FROM batch GROUP BY customer ORDER BY customer
        ON CONFLICT (customer_id) DO UPDATE SET points = balances.points + excluded.points
    )
    SELECT event_id FROM fresh
    """
)


async def give_point(session: AsyncSession, event_id: object, customer_id: str) -> bool:
    """Inbox, balance and ledger of one event; whether it was new."""
    claimed = await session.execute(insert(Inbox).values(event_id=event_id).on_conflict_do_nothing())
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return False
    balance = insert(Balance).values(customer_id=customer_id, points=1)
    await session.execute(
        balance.on_conflict_do_update(index_elements=["customer_id"], set_={"points": Balance.points + 1})
    )
    session.add(Ledger(event_id=event_id, customer_id=customer_id, points=1))
    return True


def with_defaults() -> KafkaBroker:
    """Nothing chosen but to read from the beginning."""
    broker = KafkaBroker(KAFKA)
    sessions = async_sessionmaker(create_async_engine(DATABASE))

    @broker.subscriber(SOURCE, group_id=GROUP, auto_offset_reset="earliest")
    async def handle(event: EventIn) -> None:
        customer_id = event.customerid or event.shop
        async with sessions.begin() as session:
            fresh = await give_point(session, event.id, customer_id)
        if fresh:
            given = PointGiven(event_id=event.id, customer_id=customer_id, points=1)
            await broker.publish(given, topic=TARGET, key=customer_id.encode())

    return broker


def with_workers() -> KafkaBroker:
    """Sixteen events at a time, a connection for each, no log line an event and no validation."""
    broker = KafkaBroker(KAFKA, logger=None, apply_types=False, linger_ms=2)
    sessions = async_sessionmaker(create_async_engine(DATABASE, pool_size=WORKERS), expire_on_commit=False)

    @broker.subscriber(SOURCE, group_id=GROUP, auto_offset_reset="earliest", max_workers=WORKERS)
    async def handle(event: dict[str, str]) -> None:
        customer_id = event.get("customerid") or event["shop"]
        async with sessions.begin() as session:
            fresh = await give_point(session, event["id"], customer_id)
        if fresh:
            await broker.publish(orjson.dumps(event), topic=TARGET, key=customer_id.encode())

    return broker


def with_batches() -> KafkaBroker:
    """One transaction with one statement for two thousand events, published in one batch a partition."""
    broker = KafkaBroker(KAFKA, logger=None, apply_types=False, max_batch_size=1024 * 1024)
    engine = create_async_engine(DATABASE)

    @broker.subscriber(
        SOURCE, group_id=GROUP, auto_offset_reset="earliest", batch=True, max_records=BATCH, batch_timeout_ms=20,
        ack_policy=AckPolicy.ACK,
    )  # fmt: skip
    async def handle(events: list[dict[str, str]]) -> None:
        customers = [event.get("customerid") or event["shop"] for event in events]
        async with engine.begin() as connection:
            rows = await connection.execute(
                _APPLY_BATCH, {"ids": [event["id"] for event in events], "customers": customers}
            )
            fresh = {str(row[0]) for row in rows}
        by_partition: dict[int, list[KafkaPublishMessage]] = {}
        for event, customer in zip(events, customers, strict=True):
            if event["id"] in fresh:
                fresh.discard(event["id"])
                key = customer.encode()
                message = KafkaPublishMessage(orjson.dumps(event), key=key)
                by_partition.setdefault(crc32(key) % PARTITIONS, []).append(message)
        for partition, messages in by_partition.items():
            await broker.publish_batch(*messages, topic=TARGET, partition=partition, no_confirm=True)

    return broker


FORMS = {"defaults": with_defaults, "workers": with_workers, "batches": with_batches}

if __name__ == "__main__":
    uvloop.run(FastStream(FORMS[sys.argv[1]]()).run())
