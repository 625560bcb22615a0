"""Partitions that stand before a batch that cannot be decoded, while the others of the group go on.

Such a batch of a raw topic is handed to ``process`` as an unreadable record, which makes a dead letter of it, once
three looks in a row have found the same: what comes from outside must not stop a shop. A topic of our own stands until
an operator has put the log right: passing over a batch there would lose effects that were promised.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition

from mandegar.kafka.broker import Broker
from mandegar.lanes.brake import Braked
from mandegar.lanes.positions import Positions
from mandegar.lanes.steps import Steps
from mandegar.lanes.unreadable import Unreadable, look
from mandegar.telemetry.logging import logger

log = logger(__name__)

LOOKS = 3
LOOK_AGAIN_SECONDS = 0.5
STANDS_SECONDS = 5.0


class Standing:
    """Sets partitions aside that cannot be read, and brings each back once it can be, or behind its bad batch."""

    def __init__(
        self,
        broker: Broker,
        group: str,
        steps: Steps,
        positions: Positions,
        on_applied: Callable[[], None],
        *,
        steps_over: bool,
    ) -> None:
        self._broker, self._group, self._steps, self._positions = broker, group, steps, positions
        self._on_applied, self._steps_over = on_applied, steps_over
        self._tasks: dict[TopicPartition, asyncio.Task[None]] = {}

    async def set_aside_unreadable(self, consumer: AIOKafkaConsumer, polled: Collection[TopicPartition]) -> bool:
        """Set aside those of the polled partitions that cannot be read; whether there are any."""
        expected = self._positions.expected
        found = await look(self._broker, {p: expected[p] for p in polled if p in expected})
        unreadable = [partition for partition, what in found.items() if what is not None and partition in expected]
        for partition in unreadable:
            self._positions.set_aside(consumer, partition)
            if partition not in self._tasks or self._tasks[partition].done():
                self._tasks[partition] = asyncio.create_task(self._stand(consumer, partition))
        return bool(unreadable)

    def raise_failure(self) -> None:
        """Raise the error of a partition's task, if there was one."""
        for partition, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[partition]
                if not task.cancelled():
                    task.result()

    def cancel(self) -> None:
        """End the tasks; what they apply is rolled back."""
        for task in self._tasks.values():
            task.cancel()

    async def _stand(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        """Look at the partition until it can be read, was stepped over, or has another owner."""
        looks, seen = 0, None
        while self._positions.is_set_aside(partition):
            at = self._positions.expected[partition]
            found = await look(self._broker, {partition: at})
            self._steps.setbacks += 1  # a sign of life
            if not self._positions.is_set_aside(partition):
                return
            if partition in found and (what := found[partition]) is None:
                self._go_on(consumer, partition, at)
            elif partition in found and what is not None:
                looks = looks + 1 if (what.at, what.stop) == seen else 1
                seen = what.at, what.stop
                if looks == LOOKS:
                    place = {"topic": partition.topic, "partition": partition.partition, "at": what.at}
                    log.error("unreadable_batch", group=self._group, **place, to=what.stop, reason=what.reason)
                if looks >= LOOKS and self._steps_over:
                    await self._step_over(consumer, partition, at, what)
                elif looks >= LOOKS and what.records:
                    await self._apply_before(partition, at, what)
            await asyncio.sleep(LOOK_AGAIN_SECONDS if looks < LOOKS or self._steps_over else STANDS_SECONDS)

    async def _step_over(
        self, consumer: AIOKafkaConsumer, partition: TopicPartition, at: int, what: Unreadable
    ) -> None:
        """Apply what stands before the bad batch, and the batch as an unreadable record."""
        chunk = self._steps.chunk_before(partition, what, at)
        try:
            applied = await self._steps.apply({partition: chunk})
        except Braked:
            return
        if applied is None or not self._positions.is_set_aside(partition):
            return
        stored = chunk.stop if applied else (await self._steps.stored({partition}))[partition]
        self._go_on(consumer, partition, stored)
        self._on_applied()

    async def _apply_before(self, partition: TopicPartition, at: int, what: Unreadable) -> None:
        """Apply what stands before the bad batch; the partition then stands at the batch itself."""
        chunk = self._steps.chunk(partition, what.records, at)
        with suppress(Braked):
            if await self._steps.apply({partition: chunk}):
                self._positions.move(partition, chunk)
                self._on_applied()

    def _go_on(self, consumer: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> None:
        if partition in consumer.assignment():
            self._positions.place(consumer, {partition: offset})
