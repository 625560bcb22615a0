"""Computes what an order is worth from its events, in any order of arrival, with duplicates and corrections.

Events compare by the time at which the shop wrote them, even if it lies ahead of our clock. An event with a number
(`data.version`) compares with other numbered ones by that number first. Two questions have separate answers:

- *Which total counts?* That of the newest snapshot: the one with the highest number among the numbered ones, the latest
  among the others, and of these two the later. At one time an update counts before a payment and a payment before a
  placement; of two of one stage the lower total counts, because points that were never earned are not given.
- *Does the order stand?* The latest event that says so decides: a cancellation or a status that ends the order against
  a payment or a status under which it stands. Under one number and at one time the end counts. A snapshot that says
  neither changes nothing, unless it is the first with a higher number.

An order that does not stand is worth nothing, and one that moved to another customer never stands here again. Refunds
add up by refund id; of two amounts under one id the one written later counts (a correction), at one time the larger.
Net = total - refunds, never below zero. Every part is a maximum, a minimum or a sum of maxima over the events, so the
order of arrival has no influence.
"""

from typing import Final, Generic, NamedTuple, TypeVar

# The ids of refunds: text, or numbers that stand for the text.
Id = TypeVar("Id", int, str)

BEFORE_ANY: Final = -(1 << 200)
NOT_PAID: Final = (1 << 63) - 1

# After every time that a shop can write; twice it, plus one, fits into 64 bits.
_FOR_EVER: Final = (1 << 62) - 1

# Stages of an order, in the order in which its events count at one time.
PLACED: Final = 1
PAID: Final = 2
UPDATED: Final = 3
STAGES: Final = {"order.placed": PLACED, "order.paid": PAID, "order.updated": UPDATED}

# What an event says about whether the order stands, in the order in which events under one number count.
SILENT: Final = 0
STANDS: Final = 1
ENDED: Final = 2

# The statuses of an order, and what each says.
STATUSES: Final = {"open": STANDS, "paid": STANDS, "cancelled": ENDED, "refunded": ENDED}


# The statuses that end an order.
ENDINGS: Final = frozenset(status for status, said in STATUSES.items() if said == ENDED)


def says(stage: int, status: str | None) -> int:
    """What a snapshot says about whether the order stands: ``SILENT``, ``STANDS`` or ``ENDED``."""
    return STATUSES.get(status or "", STANDS if stage == PAID else SILENT)


def pays(stage: int, status: str | None) -> bool:
    """Whether a snapshot is a payment: by its type or by its status."""
    return stage == PAID or status == "paid"


def number_of(version: int, written: int) -> int | None:
    """The number of a version. None if it is only the time of its event: the shop gave no number."""
    return None if version == written else version


class Refund(NamedTuple):
    """The amount that counts for one refund id, and when it was written."""

    written: int
    amount: int


class Newest(NamedTuple):
    """The snapshot that counts among some. ``less`` is the negative of its total, so that the maximum counts."""

    written: int = BEFORE_ANY
    stage: int = 0
    less: int = 0


class Numbered(NamedTuple):
    """What the events with the highest number say; ``newest`` is empty if none of them has a total.

    ``said`` is the strongest of what they say, and ``said_at`` when: the latest time, or the first if all are silent.
    """

    number: int
    newest: Newest
    said: int
    said_at: int


class Numbers(NamedTuple):
    """The numbered events and the others of one order, apart: which of them counts depends on all of them."""

    numbered: Numbered
    newest: Newest
    stated: int


class NetOrder(Generic[Id]):
    """The state of one order. Times are in microseconds since 1970; amounts are whole numbers in the caller's unit.

    ``total``, ``stage`` and ``written`` are those of the snapshot that counts. ``stated`` is twice the time of the
    statement that counts about whether the order stands, plus one if it ended. ``numbers`` is None until the first
    numbered event. ``paid_at`` is the earliest payment; ``refunded`` is the sum of ``refunds``, which is None until the
    first refund.
    """

    __slots__ = ("numbers", "paid_at", "refunded", "refunds", "stage", "stated", "total", "written")

    def __init__(
        self,
        written: int = BEFORE_ANY,
        stage: int = 0,
        total: int = 0,
        stated: int = 2 * BEFORE_ANY,
        paid_at: int = NOT_PAID,
    ) -> None:
        self.written = written
        self.stage = stage
        self.total = total
        self.stated = stated
        self.paid_at = paid_at
        self.numbers: Numbers | None = None
        self.refunded = 0
        self.refunds: dict[Id, Refund] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the order does not stand."""
        return bool(self.stated & 1)

    @property
    def moved(self) -> bool:
        """Whether the order is another customer's."""
        return self.stated == _stated(_FOR_EVER, ENDED)

    @property
    def net(self) -> int:
        """The total minus all refunds, never below zero; zero if the order does not stand."""
        return 0 if self.stated & 1 else max(0, self.total - self.refunded)

    def snapshot(self, written: int, number: int | None, stage: int, total: int, said: int) -> None:
        """Apply a snapshot, which says ``said`` about whether the order stands."""
        if number is not None or self.numbers is not None:
            self._apply_beside_numbers(Newest(written, stage, -total), written, number, said)
            return
        if written > self.written or (written == self.written and (stage, -total) > (self.stage, -self.total)):
            self.written, self.stage, self.total = written, stage, total
        if said and (stated := 2 * written + (said == ENDED)) > self.stated:
            self.stated = stated

    def cancel(self, written: int, number: int | None) -> None:
        """Apply a cancellation."""
        if number is not None or self.numbers is not None:
            self._apply_beside_numbers(Newest(), written, number, ENDED)
        else:
            self.stated = max(self.stated, _stated(written, ENDED))

    def move(self) -> None:
        """Apply that the order is another customer's."""
        self.cancel(_FOR_EVER, None)

    def pay(self, at: int) -> None:
        """Apply a payment; the earliest counts."""
        if at < self.paid_at:
            self.paid_at = at

    def refund(self, refund_id: Id, written: int, amount: int) -> None:
        """Apply a refund, which may arrive before its order."""
        if self.refunds is None:
            self.refunds = {}
        standing = self.refunds.get(refund_id)
        if standing is None:
            self.refunded += amount
        elif (written, amount) > standing:
            self.refunded += amount - standing.amount
        else:
            return
        self.refunds[refund_id] = Refund(written, amount)

    def take_over(self, other: "NetOrder[Id]") -> None:
        """Apply all that was applied to ``other``; what was applied to both counts once."""
        self.pay(other.paid_at)
        for refund_id, refund in (other.refunds or {}).items():
            self.refund(refund_id, *refund)
        if self.numbers is None and other.numbers is None:
            self.written, self.stage, less = max(_newest(self), _newest(other))
            self.total, self.stated = -less, max(self.stated, other.stated)
            return
        one, two = _apart(self), _apart(other)
        stated = max(one.stated, two.stated)
        self.stand_beside(Numbers(_newer(one.numbered, two.numbered), max(one.newest, two.newest), stated))

    def stand_beside(self, numbers: Numbers) -> None:
        """Set the numbered events and the others, and let the later of each two count."""
        self.numbers = numbers
        numbered, newest, stated = numbers
        self.written, self.stage, less = max(newest, numbered.newest)
        self.total = -less
        self.stated = max(stated, _stated(numbered.said_at, numbered.said))

    def _apply_beside_numbers(self, newest: Newest, written: int, number: int | None, said: int) -> None:
        numbered, others, stated = _apart(self)
        if number is None:
            others = max(others, newest)
            if said:
                stated = max(stated, _stated(written, said))
        else:
            numbered = _newer(numbered, Numbered(number, newest, said, written))
        self.stand_beside(Numbers(numbered, others, stated))


_NO_NUMBER: Final = Numbered(-1, Newest(), SILENT, BEFORE_ANY)


def _newest(order: NetOrder[Id]) -> Newest:
    """The snapshot that counts."""
    return Newest(order.written, order.stage, -order.total)


def _apart(order: NetOrder[Id]) -> Numbers:
    """The numbered events and the others."""
    return order.numbers or Numbers(_NO_NUMBER, _newest(order), order.stated)


def _stated(at: int, said: int) -> int:
    """Statements in the order in which they count: the later, at one time the end."""
    return 2 * at + (said == ENDED)


def _newer(one: Numbered, other: Numbered) -> Numbered:
    """The one with the higher number; both together if they have one number."""
    if one.number != other.number:
        return max(one, other)
    said, said_at = max(_strength(one), _strength(other))
    return Numbered(one.number, max(one.newest, other.newest), said, said_at if said else -said_at)


def _strength(numbered: Numbered) -> tuple[int, int]:
    """What counts under one number: an end, else that it stands, each at its latest; silence at its first."""
    return numbered.said, numbered.said_at if numbered.said else -numbered.said_at
