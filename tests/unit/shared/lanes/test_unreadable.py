"""What cannot be decoded of a log is found, and nothing else is passed over."""

import struct

import pytest
from aiokafka import TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from harness.broken_log import DAMAGES
from mandegar.lanes.unreadable import _Fetched, read

PARTITION = TopicPartition("raw.s", 0)
LAST_OFFSET_DELTA = 23


def batch(base, records, codec=0):
    builder = DefaultRecordBatchBuilder(2, codec, False, -1, -1, -1, 1_000_000)
    for number in range(records):
        builder.append(number, 1_700_000_000_000, b"key", b'{"value": %d}' % (base + number), [])
    content = bytearray(builder.build())
    struct.pack_into(">q", content, 0, base)
    return bytes(content)


def read_on(log, end, offset=0):
    """What is read, and what is passed over, until nothing is left, as a lane goes on."""
    values, gaps = [], []
    while (found := read(PARTITION, _Fetched(log_from(log, offset), end, []), offset)) is not None:
        values += [record.offset for record in found.records]
        gaps.append((found.at, found.stop))
        assert found.stop > offset
        offset = found.stop
        if offset >= end:
            return values, gaps
    values += rest(log, offset)
    return values, gaps


def log_from(log, offset):
    """The batches from the one that holds an offset on, as a broker finds it by the offsets that batches state."""
    for place, (_, stop, _) in enumerate(log):
        if stop > offset:
            return b"".join(content for _, _, content in log[place:])
    return b""


def rest(log, offset):
    return [number for base, stop, _ in log for number in range(base, stop) if number >= offset]


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from([0, 1, 2, 3, 4]), st.sampled_from([None, *DAMAGES])), max_size=6
    )
)
def test_every_whole_batch_is_read_and_only_broken_ones_are_passed_over(batches):
    log, base, broken = [], 0, set()
    for records, codec, damage in batches:
        content = batch(base, records, codec)
        if damage is not None:
            changed = DAMAGES[damage](content)
            if read(PARTITION, _Fetched(changed, base + records, []), base) is not None:
                broken |= set(range(base, base + records))
            content = changed
        log.append((base, base + records, content))
        base += records
    values, gaps = read_on(log, base)

    assert values == sorted(set(values))
    whole = set(range(base)) - broken
    assert whole <= set(values)
    assert {offset for at, stop in gaps for offset in range(at, stop)} <= broken
    assert set(values) | {offset for at, stop in gaps for offset in range(at, stop)} == set(range(base))


@pytest.mark.parametrize("delta", [2**31 - 1, -5, 0, 40])
def test_a_broken_batch_is_not_believed_about_where_it_ends(delta):
    lying = bytearray(batch(0, 3))
    struct.pack_into(">i", lying, LAST_OFFSET_DELTA, delta)
    behind = batch(3, 2)

    found = read(PARTITION, _Fetched(bytes(lying) + behind, 5, []), 0)
    assert (found.at, found.stop, found.content) == (0, 3, bytes(lying))
    assert found.reason == "the checksum does not match"

    alone = read(PARTITION, _Fetched(bytes(lying), 5, []), 0)
    assert alone.at < alone.stop <= 5


def test_a_batch_without_an_end_is_unreadable_and_an_empty_log_is_not():
    cut = batch(7, 3)[:-5]

    assert read(PARTITION, _Fetched(cut, 10, []), 7).at == 7
    assert read(PARTITION, _Fetched(b"", 7, []), 7) is None
    assert read(PARTITION, _Fetched(batch(7, 3) + cut, 13, []), 7) is None


def test_the_reason_quotes_no_record():
    for damage in DAMAGES.values():
        found = read(PARTITION, _Fetched(damage(batch(0, 3)), 3, []), 0)
        assert found is None or "value" not in found.reason
