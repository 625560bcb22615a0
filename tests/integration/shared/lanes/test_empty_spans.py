"""A second look at a partition where only markers of transactions are left reads nothing; a record is seen at once."""

from collections import Counter
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from mandegar.kafka.broker import Broker
from mandegar.kafka.empty_spans import EmptySpans
from mandegar.kafka.probe import Probe

P = TopicPartition("t", 0)


@asynccontextmanager
async def producing(kafka, transactional_id=None):
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=transactional_id)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def test_markers_are_read_once(kafka, topic_prefix, monkeypatch):
    topic, reads = f"{topic_prefix}ingest.events", Counter()
    async with producing(kafka, f"{topic_prefix}shop") as producer, producing(kafka) as plain:
        for number in range(6):
            async with producer.transaction():
                await producer.send_and_wait(topic, b"{}", partition=number % 3)
        probe = Probe(Broker(kafka), "test")
        read_first = probe._read_first

        async def counted(consumer, left, *more):
            reads.update(left)
            return await read_first(consumer, left, *more)

        monkeypatch.setattr(probe, "_read_first", counted)
        partitions = [TopicPartition(topic, number) for number in range(3)]

        async def look(applied):
            ends = await probe.ends(partitions)
            found = await probe.first_records(dict.fromkeys(partitions, applied), ends)
            return {partition.partition: record.offset for partition, record in found.items()}

        assert await look(0) == {0: 0, 1: 0, 2: 0}
        assert await look(1) == {0: 2, 1: 2, 2: 2}  # behind the marker of the first
        assert await look(3) == {}  # a marker is left
        before = reads.total()
        assert await look(3) == {}
        assert await look(4) == {}
        assert reads.total() == before

        await plain.send_and_wait(topic, b"{}", partition=1)
        assert await look(3) == {1: 4}
        assert reads.total() == before + 1
        assert await look(1) == {0: 2, 1: 2, 2: 2}  # offsets that were set back
        await probe.close()


@pytest.mark.parametrize(
    ("offset", "end", "begin"), [(3, 9, 9), (5, 9, 9), (9, 12, 9), (2, 9, 2), (10, 12, 10), (3, 8, 3)]
)
def test_a_span_counts_for_the_offsets_in_it_as_long_as_the_log_reaches_behind_it(offset, end, begin):
    spans = EmptySpans()
    spans.note(P, 3, 3, 9)
    assert spans.behind({P: offset}, {P: end}) == {P: begin}


def test_spans_that_follow_each_other_are_one():
    spans = EmptySpans()
    spans.note(P, 3, 3, 9)
    spans.note(P, 4, 9, 12)
    assert spans.behind({P: 3}, {P: 12}) == {P: 12}
    assert spans.behind({P: 3}, {P: 11}) == {P: 3}  # another log
    assert spans.behind({P: 3}, {P: 12}) == {P: 3}
