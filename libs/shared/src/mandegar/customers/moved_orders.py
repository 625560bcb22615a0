"""Orders that move between ids of one person, and so do not move at all."""

from collections.abc import Iterable
from uuid import UUID

from mandegar.customers.alias_rows import roots_of
from mandegar.database import Connection
from mandegar.events import CustomerKey, Event


async def moves_that_stay(connection: Connection, events: Iterable[Event]) -> frozenset[UUID]:
    """The ids of those ``order.moved`` among routed events by which the order stays with the same person."""
    moves = {
        event.id: (event.customer, CustomerKey(event.shop, event.data.to))
        for event in events
        if event.type == "order.moved"
    }
    roots = await roots_of(connection, {to for _, to in moves.values()})
    return frozenset(id_ for id_, (customer, to) in moves.items() if roots.get(to, to) == customer)
