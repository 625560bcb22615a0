"""A sample of customers as the bytes of a pipe: how their orders reach the process that fits."""

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import BinaryIO, Final, NamedTuple

from churn.domain.packed import Packed
from churn.domain.packing import paid_of_record, records_of
from churn.domain.purchases import Paid

# Number of the customer, bytes of the pack, of the older orders and of the signals.
_HEAD: Final = Struct("<IIII")


class Sampled(NamedTuple):
    """A customer of a sample: ``older`` are the records of their older orders, one behind the other; ``signals`` are
    the bytes of their row."""

    number: int
    pack: bytes
    older: bytes
    signals: bytes = b""

    def paid(self) -> Iterator[Paid]:
        """The orders that count."""
        for record in (*Packed(self.pack).recent.values(), *records_of(self.older, 0).values()):
            if (paid := paid_of_record(record)) is not None:
                yield paid


def framed(customers: Iterable[Sampled]) -> bytes:
    """Customers as bytes."""
    parts: list[bytes] = []
    for number, pack, older, signals in customers:
        parts += _HEAD.pack(number, len(pack), len(older), len(signals)), pack, older, signals
    return b"".join(parts)


def read_framed(stream: BinaryIO) -> Iterator[Sampled]:
    """The customers in a stream of these bytes, until its end; ``EOFError`` if it ends within one."""
    while head := stream.read(_HEAD.size):
        number, *sizes = _HEAD.unpack(head)
        sampled = Sampled(number, *(stream.read(size) for size in sizes))
        if [len(part) for part in sampled[1:]] != sizes:
            raise EOFError
        yield sampled
