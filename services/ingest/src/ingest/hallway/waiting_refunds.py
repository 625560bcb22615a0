"""Refunds and cancellations that name only an order: published with its customer, now or when the order comes."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from ingest.domain.candidates import Candidate
from ingest.hallway.rows.history import publish_later
from ingest.hallway.rows.refunds import find_customers, insert_waiting, take_waiting
from mandegar.database import Connection
from mandegar.events import Event, decode


async def resolve_by_order(connection: Connection, fresh: Sequence[Candidate], now: datetime) -> list[Event]:
    """The events whose customer is known with this batch; those whose order is still unknown are left waiting."""
    return [*await _resolve_new(connection, fresh, now), *await _resolve_waiting(connection, fresh)]


async def _resolve_new(connection: Connection, fresh: Sequence[Candidate], now: datetime) -> list[Event]:
    seeking = [candidate for candidate in fresh if candidate.waits and candidate.published]
    if not seeking:
        return []
    orders = {id(candidate): (candidate.event.shop, candidate.order_id or "") for candidate in seeking}
    customers = await find_customers(connection, sorted(set(orders.values())))
    found = [candidate for candidate in seeking if orders[id(candidate)] in customers]
    missing = [candidate for candidate in seeking if orders[id(candidate)] not in customers]
    if missing:
        await insert_waiting(connection, missing, now)
    return await _publish(connection, [(one.event, customers[orders[id(one)]]) for one in found])


async def _resolve_waiting(connection: Connection, fresh: Sequence[Candidate]) -> list[Event]:
    customers = {
        (candidate.event.shop, candidate.order_id): candidate.event.customer_id
        for candidate in fresh
        if candidate.order_id is not None and candidate.published and candidate.event.customer_id is not None
    }
    if not customers:
        return []
    rows = await take_waiting(connection, list(customers), list(customers.values()))
    return await _publish(connection, [(decode(row["event"]), row["customer_id"]) for row in rows])


async def _publish(connection: Connection, found: Sequence[tuple[Event, str]]) -> list[Event]:
    if not found:
        return []
    await publish_later(connection, [event.id for event, _ in found], [customer for _, customer in found])
    return [structs.replace(event, customer_id=customer) for event, customer in found]
