"""Finds the batch of a partition that cannot be decoded, and reads what stands before it.

aiokafka raises for the whole partition, at every poll, and neither says which one it is nor returns what it has read.
This reads the bytes of the log and decodes them with aiokafka's own parts, one partition after another.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from struct import Struct
from typing import Any, NamedTuple

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import UnsupportedCodecError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from mandegar.kafka.broker import Broker
from mandegar.kafka.client import FETCH_BYTES_PER_PARTITION, stop_with_deadline

LOOK_SECONDS = 5
FETCH_BYTES = 16 * 1024 * 1024
FETCH_WAIT_MS = 100
_OVERHEAD = 12  # base offset and length, which the length does not count
# Base offset, length, epoch of the leader, magic, checksum, attributes, last offset delta.
_HEADER = Struct(">qiibIhi")


class Unreadable(NamedTuple):
    """The records that could be read, and the rest of a batch behind them, from ``at`` to before ``stop``.

    ``content`` has the bytes of the batch as they stand in the log.
    """

    records: list[ConsumerRecord]
    at: int
    stop: int
    content: bytes
    reason: str


class _Batch(NamedTuple):
    base: int
    next: int
    content: bytes


class _Fetched(NamedTuple):
    """The log from an offset on. ``end`` is the last stable offset; behind it nothing is read yet."""

    log: bytes
    end: int
    aborted: list[tuple[int, int]]


async def look(broker: Broker, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, Unreadable | None]:
    """What cannot be read of each partition from its offset on; partitions of which nothing was heard are left out."""
    fetched: dict[TopicPartition, _Fetched] = {}
    client = AIOKafkaClient(**broker.options(), request_timeout_ms=1000 * LOOK_SECONDS)
    try:
        # Without an answer nothing is known: the caller asks again.
        with suppress(Exception):
            async with asyncio.timeout(LOOK_SECONDS):
                await client.bootstrap()
                await client.set_topics({partition.topic for partition in offsets})
                fetched = await _fetch(client, offsets)
    finally:
        await stop_with_deadline(client.close)
    return {partition: read(partition, part, offsets[partition]) for partition, part in fetched.items()}


async def _fetch(client: Any, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, _Fetched]:
    by_leader: dict[int, dict[str, list[tuple[int, int, int]]]] = {}
    for partition, offset in offsets.items():
        leader = client.cluster.leader_for_partition(partition)
        if leader is not None and leader >= 0:
            wanted = by_leader.setdefault(leader, {}).setdefault(partition.topic, [])
            wanted.append((partition.partition, offset, FETCH_BYTES_PER_PARTITION))
    fetched: dict[TopicPartition, _Fetched] = {}
    for leader, topics in by_leader.items():
        request = FetchRequest(FETCH_WAIT_MS, 1, FETCH_BYTES, READ_COMMITTED, list(topics.items()), rack_id="")
        response = await client.send(leader, request)
        for topic, partitions in response.topics:
            for number, code, _highwater, stable, *rest, log in partitions:
                if code == 0:
                    aborted = rest[-2] if response.API_VERSION >= 11 else rest[-1]
                    fetched[TopicPartition(topic, number)] = _Fetched(log or b"", stable, aborted or [])
    return fetched


def read(partition: TopicPartition, fetched: _Fetched, offset: int) -> Unreadable | None:
    """Decode the log as a consumer does; ``None`` if all of it can be read."""
    reading = PartitionRecords(
        partition, MemoryRecords(fetched.log), fetched.aborted, offset, None, None, True, READ_COMMITTED
    )
    records: list[ConsumerRecord] = []
    try:
        for record in reading:
            records.append(record)  # noqa: PERF402 - what was read before an error counts
    except Exception as error:  # noqa: BLE001 - decoders of compressions raise errors of their own
        return _unreadable(fetched, records, reading.next_fetch_offset, error)
    if reading.next_fetch_offset == offset and fetched.log and next(_batches(fetched.log), None) is None:
        return _unreadable(fetched, [], offset, ValueError("a batch without an end"))
    return None


def _unreadable(fetched: _Fetched, records: list[ConsumerRecord], at: int, error: Exception) -> Unreadable:
    """Where a batch ends is asked of the next one, if it was fetched: a broken batch may lie about itself."""
    batches = list(_batches(fetched.log))
    broken = [place for place, batch in enumerate(batches) if batch.base <= at and not _decodes(batch.content)]
    if not broken:
        return Unreadable(records, at, at + 1, fetched.log, _reason(error, b""))
    bad, behind = batches[broken[-1]], batches[broken[-1] + 1 :]
    stop = behind[0].base if behind else min(bad.next, fetched.end)
    # A batch that announces more records than it has is broken behind its last one.
    at = min(at, stop - 1) if stop > bad.base else at
    return Unreadable(records, at, max(stop, at + 1), bad.content, _reason(error, bad.content))


def _decodes(content: bytes) -> bool:
    try:
        batch = MemoryRecords(content).next_batch()
        return bool(batch.validate_crc()) and all(True for _ in batch)
    except Exception:  # noqa: BLE001 - as above
        return False


def _batches(log: bytes) -> Iterator[_Batch]:
    position = 0
    while position + _HEADER.size <= len(log):
        base, length, _, magic, _, _, delta = _HEADER.unpack_from(log, position)
        end = position + _OVERHEAD + length
        if length <= 0 or end > len(log):
            return
        yield _Batch(base, base + (delta if magic >= 2 else 0) + 1, log[position:end])
        position = end


def _reason(error: Exception, content: bytes) -> str:
    """What is wrong, without quoting a record."""
    if isinstance(error, UnsupportedCodecError):
        return f"the compression {_HEADER.unpack_from(content)[5] & 7} is unknown"
    with suppress(Exception):
        if not MemoryRecords(content).next_batch().validate_crc():
            return "the checksum does not match"
    return f"it cannot be decoded ({type(error).__name__})"
