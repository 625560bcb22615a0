"""Where a partition has offsets without records, as far as a process has looked: markers of transactions, for example.

A look that finds no record up to the end need not be repeated while the end stays where it is.
"""

from collections.abc import Mapping
from typing import NamedTuple

from aiokafka import TopicPartition


class _Span(NamedTuple):
    """No record is at the offsets from ``begin`` to just before ``end``."""

    begin: int
    end: int


class EmptySpans:
    """The span of each partition in which a look found no record last."""

    def __init__(self) -> None:
        self._spans: dict[TopicPartition, _Span] = {}

    def behind(
        self, offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, int]:
        """From where on each partition must be read: behind its span, if its offset lies in it.

        A partition that ends within its span has another log than before, which is to be read from its offset.
        """
        found = {}
        for partition, offset in offsets.items():
            span = self._spans.get(partition)
            if span is not None and ends[partition] < span.end:
                del self._spans[partition]
                span = None
            found[partition] = span.end if span is not None and span.begin <= offset <= span.end else offset
        return found

    def note(self, partition: TopicPartition, offset: int, read_from: int, end: int) -> None:
        """Remember that a read from ``read_from``, on behalf of ``offset``, found no record before ``end``."""
        if end > offset:
            span = self._spans.get(partition)
            begin = offset if span is None or read_from == offset else min(span.begin, offset)
            self._spans[partition] = _Span(begin, end)
