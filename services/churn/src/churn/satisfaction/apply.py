"""Applies answers to surveys: the customers are locked by the room that scores them, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime

from churn.domain.satisfaction import TYPES, Answer, answer_of
from churn.satisfaction.rows import ANSWERS
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import on


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Add a batch of answers to those of their customers. Nothing is published."""
    given: dict[CustomerKey, list[Answer]] = {}
    for event in events:
        if (answer := answer_of(event)) is not None:
            given.setdefault(event.customer, []).append(answer)
    await ANSWERS.add(connection, given)
    return ()


READS = (on(TYPES, apply),)
