"""A customer's orders as they lie in rows: recent ones in the customer's own, older ones each in a row of its own.

Nothing is decoded until it is needed. A pack that names older orders has a format of its own, which releases before
them refuse, because they would take the recent orders for all.
"""

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Final, NamedTuple

from churn.domain.orders import Order, Orders
from churn.domain.packing import (
    EARLIER_FORMATS,
    FORMAT,
    order_of,
    pack_order,
    paid_of_record,
    records_of,
    unpack_earlier,
    written_of,
)
from churn.domain.purchases import Paid

# A row of up to two kilobytes lies whole in its page.
RECENT_BYTES_MAX: Final = 1_200
# The same once orders have left: a customer of many is read and written at the cost of one of few.
RECENT_BYTES_MAX_BEHIND_OLDER: Final = 640
# What stays when a pack has grown beyond either: the rest leaves at once, so that most batches move nothing.
RECENT_BYTES_KEPT: Final = 240
# Ten thousand orders.
LARGE_BYTES: Final = 360_000

_WITH_OLDER: Final = b"\x04"
_FORMATS: Final = {b"", FORMAT, _WITH_OLDER, *EARLIER_FORMATS}
_OLDER = Struct("<I")


class OrdersMissing(Exception):
    """Older orders are needed that were not read with the customer."""


class Stored(NamedTuple):
    """Orders as rows: the bytes of the customer's own, and records of older orders that have no row yet or another."""

    data: bytes
    left: dict[int, bytes]
    changed: dict[int, bytes]


class Packed:
    """The orders of one customer by name, as they were read."""

    __slots__ = ("_data", "_older", "_records", "is_complete", "older_count")

    def __init__(self, data: bytes = b"") -> None:
        """``ValueError`` when the bytes are not a pack."""
        if data[:1] not in _FORMATS:
            raise ValueError("not a pack of orders")
        self._data, self.older_count = data, 0
        self._records: dict[int, bytes] | None = None
        self._older: dict[int, bytes | None] = {}
        if data[:1] == _WITH_OLDER:
            (self.older_count,) = _OLDER.unpack_from(data, 1)
        self.is_complete = not self.older_count

    def __bool__(self) -> bool:
        """Whether there is an order."""
        return self.older_count > 0 or len(self._data) > 1

    @property
    def is_large(self) -> bool:
        """Whether a release without older orders has packed more than a batch has time to take apart."""
        return len(self._data) > LARGE_BYTES

    def find_older(self, names: Iterable[int], records: Mapping[int, bytes]) -> None:
        """Take in the older orders that were found of those with ``names``."""
        for name in names:
            self._older[name] = records.get(name)

    def complete(self, records: Mapping[int, bytes]) -> None:
        """Take in all older orders; ``ValueError`` if they are fewer or more than there were."""
        if len(records) != self.older_count:
            raise ValueError("the older orders are not those of the pack")
        self._older, self.is_complete = {**records}, True

    def names_to_look_up(self, names: Iterable[int]) -> set[int]:
        """Those of ``names`` that may be older orders."""
        return set(names).difference(self.recent) if self.older_count else set()

    def open(self, name: int) -> Order | None:
        """One order, decoded; None if there is none. Raises ``OrdersMissing``."""
        record = self.recent.get(name)
        if record is None and self.older_count:
            if name not in self._older and not self.is_complete:
                raise OrdersMissing
            record = self._older.get(name)
        return None if record is None else order_of(record)

    def paid(self, besides: Orders) -> Iterator[tuple[int, Paid]]:
        """What each order adds to the purchases, without those in ``besides``. Raises ``OrdersMissing``."""
        for name, record in self._all(besides):
            if (paid := paid_of_record(record)) is not None:
                yield name, paid

    def orders(self, besides: Orders) -> Orders:
        """All orders, decoded, without those in ``besides``. Raises ``OrdersMissing``."""
        return {name: order_of(record) for name, record in self._all(besides)}

    def store(self, opened: Orders) -> Stored:
        """All orders, those that were opened as they are now."""
        most = RECENT_BYTES_MAX_BEHIND_OLDER if self.older_count else RECENT_BYTES_MAX
        if not opened and len(self._data) <= most and self._data[:1] not in EARLIER_FORMATS:
            return Stored(self._data, {}, {})
        recent, changed = {**self.recent}, dict[int, bytes]()
        for name, order in opened.items():
            record, stored = pack_order(name, order), self._older.get(name)
            if stored is None:
                recent[name] = record
            elif record != stored:
                changed[name] = record
        left = _taken_out(recent) if sum(map(len, recent.values())) > most else {}
        count = self.older_count + len(left)
        head = _WITH_OLDER + _OLDER.pack(count) if count else FORMAT
        return Stored(head + b"".join([recent[name] for name in sorted(recent)]), left, changed)

    @property
    def recent(self) -> Mapping[int, bytes]:
        """The records in the customer's own row, by the names of their orders."""
        if self._records is None:
            data = self._data
            if data[:1] in EARLIER_FORMATS:
                self._records = {name: pack_order(name, order) for name, order in unpack_earlier(data).items()}
            else:
                self._records = records_of(data, 1 + _OLDER.size if data[:1] == _WITH_OLDER else 1)
        return self._records

    def _all(self, besides: Mapping[int, object]) -> Iterator[tuple[int, bytes]]:
        if not self.is_complete:
            raise OrdersMissing
        for name, record in (*self.recent.items(), *self._older.items()):
            if record is not None and name not in besides:
                yield name, record


def _taken_out(recent: dict[int, bytes]) -> dict[int, bytes]:
    """Take the orders that were written first out of ``recent``, until it is small."""
    size, taken = sum(map(len, recent.values())), {}
    for name in sorted(recent, key=lambda name: (written_of(recent[name]), name)):
        if size <= RECENT_BYTES_KEPT:
            break
        taken[name] = recent.pop(name)
        size -= len(taken[name])
    return taken
