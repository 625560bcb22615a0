"""Computes what an order is worth from its events, in any order of arrival, with duplicates and corrections.

Snapshots state the whole order before refunds: the one with the highest version counts, among equal versions the one
with the largest event id. A cancellation is a snapshot with a total of zero. Refunds add up by refund id. A second
amount under one refund id is a correction: the later event counts, among equal times the one with the largest event id.
Net = snapshot - refunds, never below zero. Each part is a maximum, or a sum of maxima, over the events, so the order of
arrival has no influence.
"""

from typing import Final, Generic, NamedTuple, TypeVar

# The ids of events and refunds: text, or numbers that sort like the text.
Id = TypeVar("Id", int, str)

BEFORE_ANY: Final = -(1 << 200)
NOT_PAID: Final = (1 << 63) - 1


class Refund(NamedTuple, Generic[Id]):
    """The amount that counts for one refund id, and the time and id of the event that stated it."""

    at: int
    event_id: Id
    amount: int


class NetOrder(Generic[Id]):
    """The state of one order. Times are in microseconds since 1970; amounts are whole numbers in the caller's unit.

    ``total``, ``version`` and ``event_id`` are those of the snapshot that counts. ``paid_at`` is the earliest payment;
    ``refunded`` is the sum of ``refunds``, which is None until the first refund.
    """

    __slots__ = ("cancelled", "event_id", "paid_at", "refunded", "refunds", "total", "version")

    def __init__(self, least_id: Id) -> None:
        """``least_id`` sorts before or equal to every event id."""
        self.version = BEFORE_ANY
        self.event_id: Id = least_id
        self.total = 0
        self.cancelled = False
        self.paid_at = NOT_PAID
        self.refunded = 0
        self.refunds: dict[Id, Refund[Id]] | None = None

    @property
    def net(self) -> int:
        """The total minus all refunds, never below zero."""
        return max(0, self.total - self.refunded)

    def snapshot(self, version: int, event_id: Id, total: int, *, cancelled: bool = False) -> None:
        """Apply a snapshot; a cancellation is one with a total of zero."""
        if version > self.version or (version == self.version and event_id > self.event_id):
            self.version, self.event_id, self.total, self.cancelled = version, event_id, total, cancelled

    def pay(self, at: int) -> None:
        """Apply a payment; the earliest counts."""
        if at < self.paid_at:
            self.paid_at = at

    def refund(self, refund_id: Id, at: int, event_id: Id, amount: int) -> None:
        """Apply a refund, which may arrive before its order; of two events under one id the later counts."""
        if self.refunds is None:
            self.refunds = {}
        standing = self.refunds.get(refund_id)
        if standing is None:
            self.refunded += amount
        elif (at, event_id) > standing[:2]:
            self.refunded += amount - standing.amount
        else:
            return
        self.refunds[refund_id] = Refund(at, event_id, amount)
