"""Reads what the topic has of one shop, from the beginning to its present end, into files."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from loyalty.domain.act_rules import AWAY
from loyalty.domain.ids import NAME
from loyalty.domain.zones import ShopZones
from loyalty.earning.acts import acts_told_by
from loyalty.earning.apply import FACT_TYPES, is_old_crossing
from loyalty.earning.orders import told_by
from loyalty.recorded.commands import Commands
from loyalty.recorded.rules import Persons
from loyalty.recorded.spill import BY_TIME, Row, Spill
from loyalty.referrals.apply import CLAIMED, CLAIMING_TYPES, claim_in, claim_told_by
from mandegar.events import Event, UnreadableEvent
from mandegar.events.codec import decode_wanted
from mandegar.events.envelope import HOPS_MAX
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES
from mandegar.events.topics import INGEST_EVENTS
from mandegar.kafka import client
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.quantities import to_us
from mandegar.rebuild.catch_up import new_reader
from mandegar.telemetry.logging import logger

log = logger(__name__)

RECORDS_AT_ONCE = 4_000
POLL_MS = 500
RETRY_SECONDS = 1.0
PERSON_TYPES = IDENTITY_TYPES | ERASURE_TYPES
WANTED = FACT_TYPES | PERSON_TYPES | {CLAIMED}

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


class ActsOf(NamedTuple):
    """The types of acts that rules of a shop are about, and the calendars by which visits are told apart."""

    types: frozenset[str]
    zones: ShopZones


class Reading:
    """The records of one shop, read from a consumer that has no group. Without ``acts``, or ``commands``, it reads none
    of these.
    """

    def __init__(
        self,
        shop: str,
        spill: Spill,
        persons: Persons,
        acts: ActsOf | None = None,
        commands: Commands | None = None,
    ) -> None:
        self._shop, self._keys = shop, f"{shop}:".encode()
        self._acts = acts
        self._commands = commands
        self._told = frozenset[str]() if commands is None else commands.types
        self._wanted = WANTED | self._told | (acts.types if acts is not None else frozenset())
        self._spill, self._persons = spill, persons
        self.events = 0

    async def run(self, consumer: AIOKafkaConsumer, ends: Ends, progress: Progress) -> None:
        """Read all partitions up to their ends; after an error of the broker, go on where it happened."""
        places = dict(ends.first)
        self._seek(consumer, places)
        while remaining := await _remaining(consumer, places, ends):
            progress(ends.records - remaining, ends.records)
            try:
                polled = await consumer.getmany(timeout_ms=POLL_MS, max_records=RECORDS_AT_ONCE)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("reading_again", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                self._seek(consumer, places)
                continue
            for partition, records in polled.items():
                self.take([record for record in records if record.offset < ends.end[partition]])
                places[partition] = records[-1].offset + 1
        progress(ends.records, ends.records)

    def take(self, records: Sequence[ConsumerRecord]) -> None:
        """Keep what some records of one partition say about the shop. What no service can read is left out."""
        for record in records:
            if record.key is None or not record.key.startswith(self._keys):
                continue
            try:
                event = decode_wanted(record.value, self._wanted)
            except UnreadableEvent:
                continue
            if event is None or event.shop != self._shop or event.hops > HOPS_MAX:
                continue
            self.note(event)

    def note(self, event: Event) -> None:
        """Keep what an event of the shop says, if it is of a type that is read."""
        customer_id = event.customer_id
        if customer_id is None or event.type not in self._wanted:
            return
        if event.type in PERSON_TYPES:
            self._persons.note(event)
            return
        self.events += 1
        recorded_at = to_us(event.recorded_time)
        if self._commands is not None and event.type in self._told:
            for order_id, fact in self._commands.facts(event):
                self._spill.add(Row(customer_id, BY_TIME, recorded_at, order_id, fact))
            return
        place = BY_TIME if event.type == AWAY else self._persons.place(customer_id)
        if self._acts is not None and event.type in self._acts.types:
            if is_old_crossing(event):
                return
            told = acts_told_by(event, {event.shop: self._acts.zones})
        else:
            told = [] if event.type == CLAIMED else [told_by(event)]
        if event.type in CLAIMING_TYPES and claim_in(event) is not None:
            told.append(claim_told_by(event))
        for order_id, fact in told:
            self._spill.add(Row(customer_id, place, recorded_at, order_id, fact))

    @staticmethod
    def _seek(consumer: AIOKafkaConsumer, places: dict[TopicPartition, int]) -> None:
        for partition, offset in places.items():
            consumer.seek(partition, offset)


async def _remaining(consumer: AIOKafkaConsumer, places: dict[TopicPartition, int], ends: Ends) -> int:
    """How many records are not read yet; offsets that hold no record count as read once they are behind."""
    remaining = 0
    for partition, end in ends.end.items():
        if end > ends.first[partition]:
            remaining += max(end - max(places[partition], await consumer.position(partition)), 0)
    return remaining


async def open_reader(
    where: Log, topic_name: str = INGEST_EVENTS, *, until: Mapping[int, int] | None = None
) -> tuple[AIOKafkaConsumer, Ends]:
    """A consumer of all partitions of a topic, and where they begin and end now, or at the offsets in ``until``."""
    topic = TopicNames(where.prefix).physical(topic_name)
    partitions = [TopicPartition(topic, number) for number in range(where.partitions)]
    consumer = await client.start_with_retries(lambda: new_reader(where.broker, f"{NAME}-recorded"))
    try:
        consumer.assign(partitions)
        first, end = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        if until is not None:
            end = {each: max(min(end[each], until.get(each.partition, 0)), first[each]) for each in partitions}
        return consumer, Ends(first, end)
    except BaseException:
        await client.stop_with_deadline(consumer.stop)
        raise
