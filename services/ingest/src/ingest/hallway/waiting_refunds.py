"""Refunds and cancellations without a customer are published for that of their order, now or when it arrives."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from ingest.domain.candidates import Candidate
from ingest.hallway.rows.history import mark_published
from ingest.hallway.rows.refunds import find_customers, insert_waiting, take_waiting
from mandegar.database import WorkerConnection
from mandegar.events import Event, decode


async def resolve_by_order(connection: WorkerConnection, new: Sequence[Candidate], now: datetime) -> list[Event]:
    """The events whose customer became known with this batch; the others are stored until their order arrives."""
    return [*await _resolve_new(connection, new, now), *await _resolve_waiting(connection, new)]


async def _resolve_new(connection: WorkerConnection, new: Sequence[Candidate], now: datetime) -> list[Event]:
    unresolved = [candidate for candidate in new if candidate.awaits_order and candidate.published]
    if not unresolved:
        return []
    customers = await find_customers(connection, sorted({candidate.order for candidate in unresolved}))
    if missing := [candidate for candidate in unresolved if candidate.order not in customers]:
        await insert_waiting(connection, missing, now)
    resolved = [
        (candidate.event, customers[candidate.order]) for candidate in unresolved if candidate.order in customers
    ]
    return await _publish(connection, resolved)


async def _resolve_waiting(connection: WorkerConnection, new: Sequence[Candidate]) -> list[Event]:
    customers = {
        candidate.order: candidate.event.customer_id
        for candidate in new
        if candidate.order_id is not None and candidate.published and candidate.event.customer_id is not None
    }
    if not customers:
        return []
    rows = await take_waiting(connection, list(customers), list(customers.values()))
    return await _publish(connection, [(decode(row["event"]), row["customer_id"]) for row in rows])


async def _publish(connection: WorkerConnection, resolved: Sequence[tuple[Event, str]]) -> list[Event]:
    if not resolved:
        return []
    await mark_published(connection, [event.id for event, _ in resolved], [customer for _, customer in resolved])
    return [structs.replace(event, customer_id=customer) for event, customer in resolved]
