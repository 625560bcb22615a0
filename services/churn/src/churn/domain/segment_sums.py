"""What the customers of each segment count for: all that they ever did, for who is in the segment when they are read.

A customer may be in several segments, so sums of segments overlap.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from churn.domain.counting import PlainCounts, add_counts, part_counts
from churn.domain.turnover import unpack_spans

_FINGERPRINT_BYTES: Final = 8


class Member(NamedTuple):
    """A customer with their turnover, as the bytes of its spans, and the segments that they are in."""

    customer_id: str
    spans: bytes
    segments: Sequence[str]


class SegmentSum:
    """What the members of a segment count for. ``fingerprint`` follows from who they are and what they have bought:
    sums with the same one were made of the same members.
    """

    def __init__(self) -> None:
        self.members = 0
        self.fingerprint = 0
        self.counts: PlainCounts = {}


class SegmentSums:
    """The sums of some segments, by name; of others nothing is counted."""

    def __init__(self, names: Iterable[str]) -> None:
        self.by_name: dict[str, SegmentSum] = {name: SegmentSum() for name in names}

    def add(self, page: Iterable[Member]) -> None:
        """Add some customers. Those who are in the same segments are added up first: they are few combinations."""
        together: dict[tuple[str, ...], SegmentSum] = {}
        for member in page:
            names = tuple(sorted(name for name in member.segments if name in self.by_name))
            _add_member(together.setdefault(names, SegmentSum()), member)
        for names, some in together.items():
            for name in names:
                mine = self.by_name[name]
                mine.members += some.members
                mine.fingerprint ^= some.fingerprint
                add_counts(mine.counts, some.counts)


def _add_member(sums: SegmentSum, member: Member) -> None:
    sums.members += 1
    sums.fingerprint ^= _fingerprint(member)
    if member.spans:
        add_counts(sums.counts, part_counts(unpack_spans(member.spans)))


def _fingerprint(member: Member) -> int:
    digest = blake2b(b"\0".join((member.customer_id.encode(), member.spans)), digest_size=_FINGERPRINT_BYTES).digest()
    return int.from_bytes(digest, "big", signed=True)
