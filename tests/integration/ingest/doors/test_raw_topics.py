"""Raw topics on a real broker, written by librdkafka: every compression, transactions, broken batches."""

import json
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Producer

from builders.bodies import order_body
from harness.broken_log import DAMAGES, batches
from harness.in_process import running
from harness.waiting import eventually
from ingest.doors.raw.lane import PATTERN
from mandegar.kafka.broker import Broker
from mandegar.kafka.names import TopicNames
from mandegar.lanes.backlog import Lag
from mandegar.lanes.lanes import Lanes, LaneSettings

SECONDS = 30
COMPRESSIONS = ("none", "gzip", "snappy", "lz4", "zstd")


class Platform:
    """A shop's platform, with its topic and the lanes that read it."""

    def __init__(self, ingest, kafka, prefix):
        self.ingest, self.kafka = ingest, kafka
        self.topic = f"{prefix}raw.{ingest.source_id}"
        settings = LaneSettings(Broker(kafka), f"{prefix}raw", f"{prefix}raw-0", TopicNames(prefix), steps_over=True)
        self.lanes = Lanes(settings, ingest.database.worker, ingest.clock, ingest.process_raw, on_applied=lambda: None)

    async def make_topic(self, **config):
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await admin.start()
        topic = NewTopic(self.topic, num_partitions=3, replication_factor=1, topic_configs=config)
        await admin.create_topics([topic])
        await admin.close()

    def producer(self, **settings):
        return Producer({"bootstrap.servers": self.kafka, "linger.ms": 0, **settings})

    def produce(self, *names, partition=0, **settings):
        """One batch with a paid order of each name."""
        producer = self.producer(**{"linger.ms": 100, **settings})
        for name in names:
            producer.produce(self.topic, order(name), partition=partition, headers=[("x-trace", b"1")])
        assert producer.flush(SECONDS) == 0

    async def accepted(self):
        rows = await self.ingest.database.worker.fetch("SELECT native_id FROM events")
        return {row["native_id"] for row in rows}

    async def letters(self):
        return await self.ingest.database.worker.fetch(
            "SELECT partition, record_offset, shop, code, detail, value FROM dead_letters ORDER BY 1, 2"
        )


def order(name):
    return json.dumps(order_body({"order_id": name}, id=name)).encode()


@pytest.fixture
async def platform(ingest, kafka, topic_prefix):
    platform = Platform(ingest, kafka, topic_prefix)
    await platform.make_topic(**{"max.message.bytes": "12000000"})
    return platform


@asynccontextmanager
async def reading(platform):
    async with running(platform.lanes.run(pattern=PATTERN)):
        yield


@pytest.mark.parametrize("idempotent", [False, True])
async def test_records_in_every_compression_are_accepted(platform, idempotent):
    names = {f"{compression}-{number}" for compression in COMPRESSIONS for number in range(20)}
    for compression in COMPRESSIONS:
        mine = sorted(name for name in names if name.startswith(compression))
        platform.produce(*mine, **{"compression.type": compression, "enable.idempotence": idempotent})
    async with reading(platform):
        await eventually(platform.accepted, lambda accepted: accepted == names, seconds=SECONDS)

    assert await platform.letters() == []


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_broken_batch_becomes_a_dead_letter_and_nobody_waits_behind_it(platform, damage):
    platform.produce("before")
    platform.produce("lost-1", "lost-2")
    platform.produce("behind")
    broken = batches(platform.kafka, platform.topic, 0)[1]
    broken.write(content := DAMAGES[damage](broken.content))
    for number in range(5):
        platform.produce(f"other-{number}", partition=1)
    others = {f"other-{number}" for number in range(5)}
    async with reading(platform):
        await eventually(platform.accepted, lambda accepted: others <= accepted, seconds=SECONDS)
        await eventually(platform.accepted, lambda accepted: "behind" in accepted, seconds=SECONDS)
        await eventually(platform.lanes.backlog.measure, lambda lag: lag == Lag(0, 0.0), seconds=SECONDS)

    (letter,) = await platform.letters()
    accepted = await platform.accepted()
    first = broken.base + ("lost-1" in accepted)
    assert {"before", "behind", *others} <= accepted
    assert (letter["partition"], letter["record_offset"], letter["code"]) == (0, first, "unreadable")
    assert letter["shop"] == "atlas"
    assert letter["detail"].startswith(f"offsets {first} to {broken.base + 1}: ")
    assert letter["value"] == content


async def test_broken_batches_one_after_another_and_at_the_end_are_all_stepped_over(platform):
    for number in range(6):
        platform.produce(f"e-{number}")
    for damage, batch in zip(DAMAGES.values(), batches(platform.kafka, platform.topic, 0)[2:], strict=False):
        batch.write(damage(batch.content))
    async with reading(platform):
        await eventually(platform.letters, lambda letters: len(letters) == 4, seconds=SECONDS)
        platform.produce("afterwards")
        await eventually(platform.accepted, lambda accepted: "afterwards" in accepted, seconds=SECONDS)

    assert await platform.accepted() == {"e-0", "e-1", "afterwards"}
    assert [letter["record_offset"] for letter in await platform.letters()] == [2, 3, 4, 5]


async def test_a_batch_that_can_be_read_again_is_not_given_up(platform, monkeypatch):
    monkeypatch.setattr("mandegar.lanes.standing.LOOKS", 10_000)
    platform.produce("before")
    platform.produce("whole-again")
    broken = batches(platform.kafka, platform.topic, 0)[1]
    broken.write(DAMAGES["a flipped bit"](broken.content))
    async with reading(platform):
        partition = await eventually(
            lambda: next(
                (p for p in platform.lanes.positions.expected if platform.lanes.positions.is_set_aside(p)), None
            ),
            lambda partition: partition is not None,
            seconds=SECONDS,
        )
        assert partition.partition == 0
        await eventually(
            platform.lanes.backlog.lag, lambda lag: lag is not None and lag.records and lag.seconds > 0, seconds=SECONDS
        )
        broken.write(broken.content)
        await eventually(platform.accepted, lambda accepted: len(accepted) == 2, seconds=SECONDS)

    assert await platform.letters() == []


async def test_of_transactions_the_committed_count_and_nothing_lags_behind_them(platform):
    settings = {"transactional.id": f"{platform.topic}-shop", "compression.type": "zstd"}
    producer = platform.producer(**settings)
    producer.init_transactions()
    async with reading(platform):
        for number in range(6):
            producer.begin_transaction()
            for partition in range(3):
                producer.produce(platform.topic, order(f"t-{number}-{partition}"), partition=partition)
            producer.flush(SECONDS)
            if number % 2:
                producer.abort_transaction()
            else:
                producer.commit_transaction()
        committed = {f"t-{number}-{partition}" for number in (0, 2, 4) for partition in range(3)}
        await eventually(platform.accepted, lambda accepted: accepted == committed, seconds=SECONDS)
        await eventually(platform.lanes.backlog.measure, lambda lag: lag == Lag(0, 0.0), seconds=SECONDS)

        producer.begin_transaction()
        producer.produce(platform.topic, order("open"), partition=0)
        producer.flush(SECONDS)
        platform.produce("plain", partition=1)
        await eventually(platform.accepted, lambda accepted: "plain" in accepted, seconds=SECONDS)
        assert await eventually(platform.lanes.lag, lambda lag: lag is not None) == 0
        producer.commit_transaction()
        await eventually(platform.accepted, lambda accepted: "open" in accepted, seconds=SECONDS)

    assert await platform.letters() == []


async def test_a_broken_batch_of_an_aborted_transaction_is_stepped_over_like_others(platform):
    producer = platform.producer(**{"transactional.id": f"{platform.topic}-shop"})
    producer.init_transactions()
    for name in ("aborted", "committed"):
        producer.begin_transaction()
        producer.produce(platform.topic, order(name), partition=0)
        producer.flush(SECONDS)
        producer.abort_transaction() if name == "aborted" else producer.commit_transaction()
    broken = batches(platform.kafka, platform.topic, 0)[0]
    broken.write(DAMAGES["a flipped bit"](broken.content))
    async with reading(platform):
        await eventually(platform.accepted, lambda accepted: accepted == {"committed"}, seconds=SECONDS)

    assert [letter["record_offset"] for letter in await platform.letters()] == [0]


async def test_records_of_any_size_and_odd_parts_are_kept_or_accepted(platform):
    producer = platform.producer(**{"message.max.bytes": 12_000_000})
    large = order("large")[:-1] + b', "note": "' + b"x" * 10_000_000 + b'"}'
    for key, value, headers in [
        (None, order("a"), []),
        (b"\xff\x00", None, [("trace", b"\xff\xfe")]),
        (b"k", b"", [("empty", None)]),
        (b"k", large, []),
        (b"k" * 1000, order("b"), [("x" * 1000, b"y" * 10_000)]),
    ]:
        producer.produce(platform.topic, value, key, partition=2, headers=headers)
        assert producer.flush(SECONDS) == 0
    async with reading(platform):
        await eventually(platform.accepted, lambda accepted: accepted == {"a", "b"}, seconds=SECONDS)

    kept = await platform.ingest.database.worker.fetch("SELECT code, length(body) AS bytes FROM quarantine ORDER BY 2")
    assert [tuple(row) for row in kept] == [("invalid_json", 0), ("invalid_json", 0), ("event_too_large", len(large))]
    assert await platform.letters() == []
