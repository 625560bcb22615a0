"""The law of an order: what it is worth, whatever order its facts arrive in, late, doubled or corrected.

An order is full snapshots before refunds; of these the highest version stands, and among equal versions the largest
event id. A cancellation is a snapshot of nothing. Refunds add up by their ids; a second amount under one refund id is a
correction, so the later event stands, and among equal times the largest event id. Net = snapshot - refunds, never below
zero. Each part is a maximum or a sum of maxima over the facts, which is why arrival order cannot matter.
"""

from typing import Final, Generic, NamedTuple, TypeVar

Id = TypeVar("Id", int, str)
"""How a service writes the ids of events and refunds: as text, or as numbers in the same order."""

BEFORE_ANY: Final = -(1 << 200)
NOT_PAID: Final = (1 << 63) - 1


class Refund(NamedTuple, Generic[Id]):
    """The amount that stands under one refund id, and the time and id of the event that gave it."""

    at: int
    event_id: Id
    amount: int


class NetOrder(Generic[Id]):
    """A fold of one order's facts. Times are in microseconds; amounts are whole numbers in the caller's unit.

    ``total`` belongs to ``version`` and ``event_id``, and is zero for a cancellation; ``paid_at`` is the earliest
    payment, ``refunded`` the sum over ``refunds``, which is None until there is one.
    """

    __slots__ = ("cancelled", "event_id", "paid_at", "refunded", "refunds", "total", "version")

    def __init__(self, least_id: Id) -> None:
        """``least_id`` is an id that no event is below."""
        self.version = BEFORE_ANY
        self.event_id: Id = least_id
        self.total = 0
        self.cancelled = False
        self.paid_at = NOT_PAID
        self.refunded = 0
        self.refunds: dict[Id, Refund[Id]] | None = None

    @property
    def net(self) -> int:
        """The total less all refunds, never below zero."""
        return max(0, self.total - self.refunded)

    def snapshot(self, version: int, event_id: Id, total: int, *, cancelled: bool = False) -> None:
        """Take in the whole order as of ``version``; a cancellation is a snapshot with a total of zero."""
        if version > self.version or (version == self.version and event_id > self.event_id):
            self.version, self.event_id, self.total, self.cancelled = version, event_id, total, cancelled

    def pay(self, at: int) -> None:
        """Take in a payment; the earliest stands."""
        if at < self.paid_at:
            self.paid_at = at

    def refund(self, refund_id: Id, at: int, event_id: Id, amount: int) -> None:
        """Take in a refund, which may come before its order; the later of two events under one id stands."""
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
