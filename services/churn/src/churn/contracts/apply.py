"""Applies what happened to contracts and trials. They are no acts of the customer: no score reads them."""

from collections.abc import Sequence
from datetime import datetime

from churn.contracts.rows import CONTRACTS
from churn.domain.contracts import TYPES, Fact, fact_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import on


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Add a batch of facts to those of their customers. Nothing is published."""
    given: dict[CustomerKey, list[Fact]] = {}
    for event in events:
        if (fact := fact_of(event)) is not None:
            given.setdefault(event.customer, []).append(fact)
    await CONTRACTS.add(connection, given)
    return ()


READS = (on(TYPES, apply),)
