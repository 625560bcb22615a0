"""The smallest service: adds up paid orders per customer, remembers who was settled. What the stream is tested with."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

import asyncpg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import ARRAY, BigInteger, Column, Text, text
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.ext.asyncio import create_async_engine

from builders.events import NOON
from builders.orders import paid
from harness.databases import PASSWORD, ServiceDatabase, create_database
from harness.worker import own
from mandegar.database import Connection, open_pool
from mandegar.database.guards import add_guards, add_waiting_beside
from mandegar.database.migrations import (
    add_erasures,
    create_customers,
    create_standard_tables,
    key_inbox_by_id,
    spare_published_rows,
)
from mandegar.events import CustomerKey, Event, encode
from mandegar.events.derived import derived_event
from mandegar.events.loyalty import PointsExpiring
from mandegar.stream import PermanentError, Record, on, subscriptions
from mandegar_local.databases import role_url

NOW = NOON
_numbers = count()


async def apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Add each order's total; refuse the order called ``poison``; announce each order."""
    for event in events:
        if event.data.order_id == "poison":
            raise PermanentError("poisonous", "this order is poison")
        if event.data.order_id == "violation":
            await connection.execute("INSERT INTO customers (shop, customer_id, partition) VALUES (NULL, 'x', 0)")
        await connection.execute(
            """
            UPDATE customers SET total = total + $3, journal = journal || $4::text
            WHERE (shop, customer_id) = ($1, $2)
            """,
            *event.customer,
            int(event.data.total),
            str(event.id),
        )
    expiring = [PointsExpiring(points=int(event.data.total), expires_at=now, available=0) for event in events]
    return [
        derived_event("toy", "points.expiring", data, about=event.customer, cause=event, now=now)
        for event, data in zip(events, expiring, strict=True)
    ]


async def settle(keys: Sequence[CustomerKey], connection: Connection, now: datetime) -> Sequence[Event]:
    """Count how often each customer was settled."""
    await connection.execute(
        """
        UPDATE customers c SET settled = settled + 1, due_at = NULL
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        [key.shop for key in keys],
        [key.customer_id for key in keys],
    )
    return []


READ = on({"order.paid"}, apply)
SUBSCRIPTION = subscriptions("toy", [READ])["toy"]


def order_of(customer: str, total: int = 1, *, order_id: str = "o", recorded: datetime = NOW) -> Event:
    """A paid order with an id of its own, recorded when it happened."""
    days = (recorded - NOW) / timedelta(days=1)
    return paid(order_id, total, name=str(uuid4()), days=days, customer=customer, recorded_time=recorded)


def records(events: Sequence[Event], *, start: int = 0, partition: int = 0) -> list[Record]:
    """``events`` as they would stand on one partition of the topic."""
    return [
        Record("ingest.events", partition, start + index, event.partition_key, encode(event))
        for index, event in enumerate(events)
    ]


def _build(connection: SyncConnection) -> None:
    connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
    op = Operations(MigrationContext.configure(connection))
    create_standard_tables(op, "toy")
    key_inbox_by_id(op, "toy")
    spare_published_rows(op)
    add_guards(op, "toy", topics=("ingest.events", "loyalty.events"))
    create_customers(
        op,
        "toy",
        Column("total", BigInteger, nullable=False, server_default="0"),
        Column("settled", BigInteger, nullable=False, server_default="0"),
        Column("journal", ARRAY(Text), nullable=False, server_default="{}"),
    )
    add_waiting_beside(op, "toy")
    add_erasures(op, "toy")
    connection.execute(
        text(
            "CREATE TABLE visits (shop text, customer_id text, number bigint, PRIMARY KEY (shop, customer_id, number))"
        )
    )
    connection.execute(text("GRANT ALL ON visits TO toy_worker"))


@asynccontextmanager
async def toy_database(admin_url: str) -> AsyncIterator[ServiceDatabase]:
    """A database with nothing but the standard tables and the toy's customers."""
    suffix = f"_{own(str(next(_numbers)))}"
    await create_database(admin_url, "toy", suffix)
    urls = {role: role_url(admin_url, f"toy_{role}", PASSWORD, f"toy{suffix}") for role in ("worker", "web", "owner")}
    engine = create_async_engine(urls["owner"].replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.begin() as connection:
        await connection.run_sync(_build)
    await engine.dispose()
    worker = await open_pool(urls["worker"], name="test-worker", size_max=8)
    web = await open_pool(urls["web"], name="test-web", size_max=4)
    try:
        yield ServiceDatabase("toy", worker, web, urls["worker"], urls["web"], urls["owner"])
    finally:
        worker.terminate()
        web.terminate()
        admin = await asyncpg.connect(admin_url)
        await admin.execute(f'DROP DATABASE "toy{suffix}" WITH (FORCE)')
        await admin.close()
