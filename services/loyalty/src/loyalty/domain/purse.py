"""The points of a customer that a command can take, as of an instant, and the facts that it adds by taking them."""

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.ids import lot_id
from loyalty.domain.lots import Lot
from loyalty.domain.opening import expiry_stated
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme
from loyalty.domain.units import is_credit
from loyalty.domain.zones import ShopZones
from mandegar.events import CustomerKey

# Lots that one command takes from at most: each has a fact of it.
LOTS_MAX = 1_000


class Part(NamedTuple):
    """Points of one lot."""

    order_id: str
    lot_id: UUID
    points: int
    earned_at: int
    expires_at: int | None


class Holder(NamedTuple):
    """Whose purse it is, and by which calendars their lots end: what the lot of a gift needs."""

    customer: CustomerKey
    readmission: int | None
    zones: ShopZones

    def part_of(self, order_id: str, opened: Fact) -> Part:
        """The lot that a fact opens, all of it."""
        expiry = expiry_stated([opened], self.zones)
        lot = lot_id(self.customer, order_id, self.readmission)
        return Part(order_id, lot, opened.amount, opened.at, None if expiry is None else expiry.at)


class Pending(NamedTuple):
    """Points that are usable from ``active_at`` on."""

    active_at: int
    expires_at: int | None
    points: int


class TooManyLots(Exception):
    """The points are in more than ``LOTS_MAX`` lots; ``points`` are in those that would be taken first."""

    def __init__(self, points: int) -> None:
        super().__init__(points)
        self.points = points


class Purse:
    """What commands take and give back at ``at``, one after the other.

    ``available`` are all usable points. The parts that are known may be fewer, but not fewer than are asked for.
    """

    __slots__ = (
        "_parts",
        "_pending",
        "at",
        "available",
        "credit",
        "debt",
        "decided",
        "facts",
        "held",
        "holder",
        "programme",
        "tier",
        "tiers",
    )

    def __init__(
        self,
        at: int,
        parts: Iterable[Part],
        pending: Sequence[Pending] = (),
        *,
        available: int,
        held: int,
        debt: int,
    ) -> None:
        """``parts`` need not be in order."""
        self.at, self.available, self.held, self.debt = at, available, held, debt
        self._parts = sorted(((_order_of(part), part) for part in parts), key=_order)
        self._pending = pending
        self.facts: list[tuple[str, Fact]] = []
        # The tier that is held, and those of the programme in ascending order.
        self.tier, self.tiers = "", tuple[str, ...]()
        # That of ``at``, for commands that ask what points are worth.
        self.programme: Programme | None = None
        # Of a purse that commands may give to.
        self.holder: Holder | None = None
        # The adjustments about which a second person decided.
        self.decided: set[UUID] = set()
        # What is there of the other unit; its facts are added here.
        self.credit: Purse | None = None

    @property
    def in_credit(self) -> "Purse":
        """What is there in credit: nothing, if no command was given any."""
        if self.credit is None:
            self.credit = Purse(self.at, (), available=0, held=0, debt=0)
        return self.credit

    def take(self, points: int) -> list[Part]:
        """Take points of the lots that expire first. Raises ``ValueError`` if there are too few, or ``TooManyLots``."""
        of_orders: dict[str, Part] = {}
        left, used = points, 0
        for _, part in self._parts:
            if not left:
                break
            used, some = used + 1, min(part.points, left)
            left -= some
            before = of_orders.get(part.order_id)  # if some of its points had come back
            of_orders[part.order_id] = part._replace(points=some + (0 if before is None else before.points))
        if left:
            raise ValueError(points)
        taken = [*of_orders.values()]
        if len(taken) > LOTS_MAX:
            raise TooManyLots(sum(part.points for part in taken[:LOTS_MAX]))
        if used:
            place, last = self._parts[used - 1]
            rest = sum([part.points for _, part in self._parts[:used]]) - points
            self._parts[:used] = [(place, last._replace(points=rest))] if rest else []
        self.available -= points
        return taken

    def give(self, order_id: str, opened: Fact) -> None:
        """Add the lot that a fact opens, so that the next command of the same transaction can take of it."""
        if self.holder is None:
            raise ValueError("nothing is given to a purse without a holder")
        self.give_back([self.holder.part_of(order_id, opened)])

    def give_back(self, parts: Iterable[Part]) -> None:
        """Points come back to their lots; they repay what is owed, and those whose day has passed are gone."""
        for part in parts:
            if self.credit is not None and is_credit(part.order_id):
                self.credit.give_back([part])
                continue
            repaid = min(self.debt, part.points)
            self.debt -= repaid
            points = part.points - repaid
            if points and (part.expires_at is None or part.expires_at > self.at):
                self.available += points
                insort(self._parts, (_order_of(part), part._replace(points=points)), key=_order)

    def enough_at(self, points: int) -> int | None:
        """The first instant at which so many points are usable, if nothing else happens."""
        for at in sorted({pending.active_at for pending in self._pending}):
            usable = sum([part.points for _, part in self._parts if _lasts(part.expires_at, at)])
            usable += sum(
                [each.points for each in self._pending if each.active_at <= at and _lasts(each.expires_at, at)]
            )
            if usable - self.debt >= points:
                return at
        return None

    def add(self, order_id: str, fact: Fact) -> None:
        """Add a fact of a lot."""
        self.facts.append((order_id, fact))


def purse_of(lots: Iterable[Lot], debt: int, at: int) -> Purse:
    """The purse of an account of which all lots are known."""
    parts, pending, available, held = [], [], 0, 0
    for lot in lots:
        held += lot.held
        if lot.available:
            available += lot.available
            parts.append(Part(lot.order_id, lot.lot_id, lot.available, lot.earned_at, lot.expires_at))
        if lot.pending:
            pending.append(Pending(lot.active_at, lot.expires_at, lot.pending))
    return Purse(at, parts, pending, available=available, held=held, debt=debt)


def _order_of(part: Part) -> tuple[bool, int, int, UUID]:
    return (part.expires_at is None, part.expires_at or 0, part.earned_at, part.lot_id)


def _order(entry: tuple[tuple[bool, int, int, UUID], Part]) -> tuple[bool, int, int, UUID]:
    return entry[0]


def _lasts(expires_at: int | None, at: int) -> bool:
    return expires_at is None or expires_at > at
