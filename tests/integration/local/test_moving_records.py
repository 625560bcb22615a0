"""Records of a shop that moves, from the topics of one installation to those of another, on a real broker."""

import re
from asyncio import gather
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from harness.worker import own
from mandegar.events.topics import INGEST_CONTACTS, INGEST_EVENTS, partition_of
from mandegar.kafka.broker import Broker
from mandegar.kafka.create_topics import create_topics
from mandegar.kafka.missing_records import Missing
from mandegar.moving.archive import Archive, ArchiveWriter, Manifest
from mandegar.moving.records import Record
from mandegar.moving.take_out import Taken, taken_file
from mandegar_local.moving import read_records
from mandegar_local.moving.export_shop import export_shop
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.move_in import move_in
from mandegar_local.moving.read_records import anything_new, ends_of, reader, records_between
from mandegar_local.moving.write_records import write_records
from mandegar_local.stack_error import StackError

HEADERS = [("content-type", b"json")]
P = partition_of(b"atlas:c-1", 12)


def event(number: int, key: str = "atlas:c-1") -> str:
    shop, _, customer = key.partition(":")
    told = {"id": f"6f1c2f5e-6d1b-5c39-9a35-{number:012}", "shop": shop, "recordedtime": "2026-11-29T00:00:00Z"}
    return msgspec.json.encode(told | ({"customerid": customer} if customer else {})).decode()


@pytest.fixture
def old(kafka: str, topic_prefix: str) -> Installation:
    return Installation(Broker(kafka), 12, {}, topic_prefix)


@pytest.fixture
async def new(kafka: str, topic_prefix: str) -> Installation:
    prefix = own("new.") + topic_prefix
    await create_topics(Broker(kafka), prefix=prefix, partitions=12)
    return Installation(Broker(kafka), 12, {}, prefix)


async def produce(home: Installation, topic: str, *records: Record, partition: int | None = None) -> None:
    producer = AIOKafkaProducer(**home.broker.options(), acks="all")
    await producer.start()
    try:
        for record in records:
            key = record.key.encode()
            place = partition_of(key, 12) if partition is None else partition
            value = None if record.value is None else record.value.encode()
            await producer.send_and_wait(
                home.prefix + topic, value, key, place, timestamp_ms=record.timestamp, headers=record.headers
            )
    finally:
        await producer.stop()


def record(number: int, key: str = "atlas:c-1") -> Record:
    return Record(key, event(number, key), 1_000 + number, HEADERS)


async def exported(home: Installation, path: Path) -> Path:
    async with reader(home) as consumer:
        ends = await ends_of(consumer, home)
        with path.open("wb") as file:
            archive = ArchiveWriter(file)
            await read_records.write_records(consumer, home, "atlas", ends, archive)
            archive.close(
                Manifest(
                    format=1, shop="atlas", taken_at=datetime.now(UTC), partitions=12, identity="", ends=ends,
                    migrations={}, customers=1, members=archive.members,
                )
            )  # fmt: skip
    with Archive(path) as written:
        written.check()
    return path


async def there(home: Installation, topic: str, partition: int) -> list[Record]:
    async with reader(home) as consumer:
        place = read_records.TopicPartition(home.prefix + topic, partition)
        end = (await ends_of(consumer, home))[topic][partition]
        return [
            Record(each.key.decode(), each.value and each.value.decode(), each.timestamp, [*each.headers])
            async for each in records_between(consumer, place, 0, end)
        ]


class Dying(Archive):
    """An archive whose reader is killed behind its second record."""

    def records(self, topic: str, partition: int) -> Iterator[Record]:
        for number, each in enumerate(super().records(topic, partition)):
            if number == 2:
                raise InterruptedError
            yield each


async def test_records_arrive_in_their_order_with_times_and_headers_and_nobody_elses_do(old, new, tmp_path):
    mine = [record(number) for number in range(5)]
    await produce(old, INGEST_EVENTS, mine[0], record(90, "borea:c-1"), *mine[1:], record(91, "atlas2:c-1"))
    for partition in range(12):
        await produce(old, INGEST_EVENTS, record(92, "atlas"), record(93, "borea"), partition=partition)

    with Archive(await exported(old, tmp_path / "a.zip")) as archive:
        await write_records(new, archive)
        await write_records(new, archive)

    assert await there(new, INGEST_EVENTS, P) == [*mine, record(92, "atlas")]
    assert await there(new, INGEST_EVENTS, (P + 1) % 12) == [record(92, "atlas")]


async def test_of_contacts_the_last_of_each_customer_goes_along(old, new, tmp_path):
    tombstone = Record("atlas:c-1", None, 3, HEADERS)
    await produce(old, INGEST_CONTACTS, record(1), record(2), tombstone, record(1, "atlas:c-2"), record(2, "atlas:c-2"))
    with Archive(await exported(old, tmp_path / "a.zip")) as archive:
        await write_records(new, archive)
        assert b"000000000001" not in b"".join(archive.lines(f"topics/{INGEST_CONTACTS}/{P:04}.jsonl"))

    assert [each for each in await there(new, INGEST_CONTACTS, P) if each.key == "atlas:c-1"] == [tombstone]
    other = partition_of(b"atlas:c-2", 12)
    assert [each for each in await there(new, INGEST_CONTACTS, other) if each.key == "atlas:c-2"] == [
        record(2, "atlas:c-2")
    ]


async def test_an_interrupted_run_goes_on_behind_what_it_has_written(old, new, tmp_path):
    mine = [record(number) for number in range(5)]
    await produce(old, INGEST_EVENTS, *mine)
    path = await exported(old, tmp_path / "a.zip")
    await produce(new, INGEST_EVENTS, *mine[:2])
    with Dying(path) as archive, pytest.raises(InterruptedError):
        await write_records(new, archive)
    with Archive(path) as archive:
        await write_records(new, archive)
    assert await there(new, INGEST_EVENTS, P) == mine


@pytest.mark.parametrize(
    "different",
    [
        [record(0), record(7)],
        [record(0), record(1, "borea:c-1")],
        [record(0), record(1), record(2), record(3)],
    ],
    ids=["another value", "another key", "one more"],
)
async def test_topics_that_have_anything_else_are_left_as_they_are(old, new, tmp_path, different):
    await produce(old, INGEST_EVENTS, *(record(number) for number in range(3)), record(5, "atlas:c-2"))
    path = await exported(old, tmp_path / "a.zip")
    await produce(new, INGEST_EVENTS, *different, partition=P)
    with Archive(path) as archive, pytest.raises(StackError, match="has other records than the archive"):
        await write_records(new, archive)
    assert await there(new, INGEST_EVENTS, P) == different
    assert await there(new, INGEST_EVENTS, partition_of(b"atlas:c-2", 12)) == []


async def test_what_two_runs_beside_each_other_have_written_twice_is_noticed(old, new, tmp_path):
    mine = [record(number) for number in range(5)]
    await produce(old, INGEST_EVENTS, *mine)
    path = await exported(old, tmp_path / "a.zip")
    with Archive(path) as one, Archive(path) as other:
        found = await gather(write_records(new, one), write_records(new, other), return_exceptions=True)

    errors = [error for error in found if error is not None]
    assert bool(errors) == (await there(new, INGEST_EVENTS, P) != mine)
    assert all(isinstance(error, StackError) and "second move-in" in str(error) for error in errors)


@dataclass(frozen=True)
class Resting(Installation):
    """An installation whose services have nothing but what is on its topics."""

    async def run(self, service: str, *words: str) -> None:
        options = dict(zip(words[1::2], words[2::2], strict=True))
        taken = Taken(datetime.now(UTC), "key", "0001", 0, 0, [])
        taken_file(Path(options["--into"]), service).write_bytes(msgspec.json.encode(taken))


async def delete_before(home: Installation, topic: str, offset: int) -> None:
    admin = AIOKafkaAdminClient(**home.broker.options())
    await admin.start()
    try:
        await admin.delete_records({TopicPartition(home.prefix + topic, P): RecordsToDelete(offset)})
    finally:
        await admin.close()


async def test_an_export_tells_what_the_brokers_no_longer_have_and_is_not_moved_in_by_mistake(old, new, tmp_path):
    await produce(old, INGEST_EVENTS, *(record(number) for number in range(5)))
    home, path = Resting(old.broker, 12, {"churn": {}}, old.prefix), tmp_path / "a.zip"
    assert (await export_shop(home, "atlas", path, 0)).missing == []
    await delete_before(old, INGEST_EVENTS, 3)

    path.unlink()
    gone = f"ingest.events, partition {P}: offsets 0 to 2"
    with pytest.raises(StackError, match=re.escape(f"The brokers no longer have all records ({gone}).")):
        await export_shop(home, "atlas", path, 0)
    assert not [*tmp_path.iterdir()]
    await export_shop(home, "atlas", path, 0, without_missing=True)
    with Archive(path) as archive:
        archive.check()
        assert archive.manifest.missing == [Missing(INGEST_EVENTS, P, 0, 3)]
        assert [*archive.records(INGEST_EVENTS, P)] == [record(3), record(4)]
    with pytest.raises(StackError, match="The archive lacks records"):
        await move_in(new, path)

    await delete_before(old, INGEST_EVENTS, 5)
    whole = await export_shop(home, "atlas", path, 0, without_missing=True)
    assert whole.missing == [Missing(INGEST_EVENTS, P, 0, 5)]


async def test_no_shop_moves_onto_topics_that_were_emptied(old, new, tmp_path):
    """Groups would go on behind the first records instead of behind the last ones."""
    await produce(old, INGEST_EVENTS, record(0))
    path = await exported(old, tmp_path / "a.zip")
    await produce(new, INGEST_EVENTS, record(7), record(8))
    await delete_before(new, INGEST_EVENTS, 2)
    with Archive(path) as archive, pytest.raises(StackError, match="begins at offset 2: it had other records"):
        await write_records(new, archive)
    assert await there(new, INGEST_EVENTS, P) == []


async def test_only_records_of_the_shop_are_news_of_it(old):
    await produce(old, INGEST_EVENTS, record(1))
    async with reader(old) as consumer:
        ends = await ends_of(consumer, old)
        await produce(old, INGEST_EVENTS, record(2, "borea:c-1"), record(3, "atlas2:c-1"))
        assert not await anything_new(consumer, old, "atlas", ends)
        await produce(old, INGEST_EVENTS, record(4, "atlas"))
        assert await anything_new(consumer, old, "atlas", ends)
