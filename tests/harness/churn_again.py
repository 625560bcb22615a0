"""Churn as its rebuild reads the topics."""

from collections.abc import Sequence
from dataclasses import replace

from churn.main import SERVICE
from harness.churn_service import Churn
from mandegar.events import Event
from mandegar.events.topics import partition_of

PARTS = [replace(part, reads=part.rebuild.reads, rebuild=None) if part.rebuild else part for part in SERVICE.parts]
AGAIN = replace(SERVICE, parts=PARTS)


async def read_again(churn: Churn, topic: str, events: Sequence[Event]) -> None:
    """Every group of the rebuild that reads a topic is given all of it; what it returns is not published."""
    for place, group in enumerate(AGAIN.subscriptions.values()):
        if topic in group.topics:
            for event in events:
                await churn.poll(topic, {partition_of(event.partition_key, 12): [event]}, place)
    churn.published.clear()
