"""Reads the records of a topic from its beginning, without a consumer group: what recomputes, and changes nothing."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from mandegar.events import Event, UnreadableEvent
from mandegar.events.codec import decode_wanted
from mandegar.events.envelope import HOPS_MAX
from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.kafka.missing_records import listed, missing_before
from mandegar.kafka.names import TopicNames
from mandegar.rebuild.catch_up import new_reader
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_AT_ONCE = 4_000
POLL_MS = 500
RETRY_SECONDS = 1.0

# Called with the numbers of records that are read and of all.
Progress: TypeAlias = Callable[[int, int], None]


class Log(NamedTuple):
    """Where the topics are."""

    broker: Broker
    prefix: str
    partitions: int


class Ends(NamedTuple):
    """The partitions of a topic: where each begins, and where it ended when reading began."""

    first: dict[TopicPartition, int]
    end: dict[TopicPartition, int]

    @property
    def records(self) -> int:
        return sum(self.end[partition] - self.first[partition] for partition in self.end)


class ShopRecords:
    """Takes records of a topic in: the events of one shop that are of the types ``wanted``.

    What no service can read or applies is left out, and the events ``dead``.
    """

    def __init__(self, shop: str, wanted: frozenset[str], dead: Collection[UUID] = ()) -> None:
        self._shop, self._keys, self._wanted, self._dead = shop, f"{shop}:".encode(), wanted, dead

    def take(self, records: Sequence[ConsumerRecord]) -> None:
        """Take some records of one partition in."""
        for record in records:
            if record.key is None or not record.key.startswith(self._keys):
                continue
            try:
                event = decode_wanted(record.value, self._wanted)
            except UnreadableEvent:
                continue
            if event is None or event.shop != self._shop or event.hops > HOPS_MAX or event.id in self._dead:
                continue
            self.note(event)

    def note(self, event: Event) -> None:
        """Take one event in."""
        raise NotImplementedError


async def open_reader(
    where: Log, topic_name: str, client_id: str, *, until: Mapping[int, int] | None = None
) -> tuple[AIOKafkaConsumer, Ends]:
    """A consumer of all partitions of a topic, and where they begin and end now, or at the offsets in ``until``."""
    topic = TopicNames(where.prefix).physical(topic_name)
    partitions = [TopicPartition(topic, number) for number in range(where.partitions)]
    consumer = await client.start_with_retries(lambda: new_reader(where.broker, client_id))
    try:
        consumer.assign(partitions)
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        if missing := missing_before(first, {}):
            log.warning("records_are_missing", group=client_id, missing=listed(missing))
        if until is not None:
            end = {each: max(min(end[each], until.get(each.partition, 0)), first[each]) for each in partitions}
        return consumer, Ends(first, end)
    except BaseException:
        await client.stop_with_deadline(consumer.stop)
        raise


async def read_to(
    consumer: AIOKafkaConsumer, ends: Ends, take: Callable[[Sequence[ConsumerRecord]], None], progress: Progress
) -> None:
    """Give ``take`` the records of all partitions up to their ends, those of one partition at a time and in order.

    After an error of the broker it goes on where it happened.
    """
    places = dict(ends.first)
    _seek(consumer, places)
    while remaining := await _remaining(consumer, places, ends):
        progress(ends.records - remaining, ends.records)
        try:
            polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("reading_again", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            _seek(consumer, places)
            continue
        for partition, records in polled.items():
            take([record for record in records if record.offset < ends.end[partition]])
            places[partition] = records[-1].offset + 1
    progress(ends.records, ends.records)


def _seek(consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int]) -> None:
    for partition, offset in places.items():
        consumer.seek(partition, offset)


async def _remaining(consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int], ends: Ends) -> int:
    """How many records are not read yet; offsets that hold no record count as read once they are behind."""
    remaining = 0
    for partition, end in ends.end.items():
        if end > ends.first[partition]:
            remaining += max(end - max(places[partition], await consumer.position(partition)), 0)
    return remaining
