"""Orders as they are stored, and what is kept like them: facts, the sums posted for the lot, and what is remembered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from loyalty.domain.challenges import have_challenges, may_count
from loyalty.domain.credit import earns_credit
from loyalty.domain.dates import says_dates
from loyalty.domain.derived import Derived, derive
from loyalty.domain.lots import EntryKey
from loyalty.domain.orders import ASIDE, CANCELLED, PART_PAID, REFUND, Fact, add_fact, is_undone
from loyalty.domain.posting import Posted
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import Mark, Remembered
from loyalty.domain.surprises import have_surprises, may_win
from loyalty.domain.zones import ShopZones
from mandegar.events.orders import ENDINGS


class Order:
    """The facts of one order, the sums posted for its lot, and what is remembered of it.

    ``news_at`` is the earliest time of the facts that were added since the order was read, deliveries left out, and
    ``is_paid_with_news`` says whether one of them was that points paid a part of it.
    ``earned_as`` is the alias whose order it was, if nothing is posted for it yet. The order of an alias is left
    without facts.
    """

    __slots__ = (
        "changed",
        "earned_as",
        "facts",
        "is_paid_with_news",
        "lot_id",
        "mark",
        "news_at",
        "order_id",
        "posted",
    )

    def __init__(
        self,
        order_id: str,
        lot_id: UUID,
        facts: list[Fact],
        posted: dict[EntryKey, Posted],
        mark: Mark | None = None,
    ) -> None:
        self.order_id = order_id
        self.lot_id = lot_id
        self.facts = facts
        self.posted = posted
        self.mark = mark
        self.changed = False
        self.news_at: int | None = None
        self.is_paid_with_news = False
        self.earned_as: str | None = None

    def add(self, fact: Fact) -> None:
        """Add a fact; a repeated one changes nothing."""
        if add_fact(self.facts, fact):
            self.changed = True
            if fact.kind == PART_PAID:
                self.is_paid_with_news = True
            if fact.kind in ASIDE:  # which change no other order
                return
            self.news_at = fact.at if self.news_at is None else min(self.news_at, fact.at)

    @property
    def is_part_paid(self) -> bool:
        """Whether points or credit have paid a part of the order."""
        return any(fact.kind == PART_PAID for fact in self.facts)

    @property
    def is_undone(self) -> bool:
        """Whether the order is cancelled or wholly refunded."""
        return any(_may_undo(fact) for fact in self.facts) and is_undone(self.facts)

    def put_facts(self, facts: list[Fact]) -> None:
        """Replace the facts, of what follows from other facts."""
        if facts != self.facts:
            self.facts, self.changed = facts, True

    def put_mark(self, mark: Mark) -> None:
        """Replace what is remembered of the order."""
        if mark != self.mark:
            self.mark, self.changed = mark, True


def _may_undo(fact: Fact) -> bool:
    return fact.kind in {CANCELLED, REFUND} or fact.status in ENDINGS


def derive_from(orders: Mapping[str, Order], programmes: Sequence[Programme], zones: ShopZones, now: int) -> Derived:
    """What follows from the facts of all that is kept of a customer."""
    return derive({order_id: order.facts for order_id, order in orders.items()}, programmes, zones, now)


def keep(orders: dict[str, Order], derived: Derived, lot_id: Callable[[str], UUID]) -> None:
    """Keep what follows from other facts beside them; ``lot_id`` gives the id of a lot by what it is kept under."""
    for order_id, facts in derived.facts.items():
        order = orders.get(order_id)
        if order is None:
            order = orders[order_id] = Order(order_id, lot_id(order_id), [], {})
        order.put_facts(facts)


def rows_of(
    orders: Mapping[str, Order], derived: Derived, lot_id: Callable[[str], UUID]
) -> Iterator[tuple[str, UUID, Sequence[Fact]]]:
    """What to walk: facts, each with the id under which they are kept and that of the lot; ``orders`` stay."""
    for order_id, order in orders.items():
        yield order_id, order.lot_id, derived.facts.get(order_id, order.facts)
    for order_id, facts in derived.facts.items():
        if order_id not in orders:
            yield order_id, lot_id(order_id), facts


def looks_back(programmes: Sequence[Programme]) -> bool:
    """Whether a new order may matter to what follows from orders before it, or makes all of them be walked."""
    return have_challenges(programmes) or have_surprises(programmes) or any(map(earns_credit, programmes))


def follows_more(
    orders: Iterable[Order], past: Remembered, programmes: Sequence[Programme], zones: ShopZones, now: int
) -> bool:
    """Whether something follows from news, or by ``now``, that must be looked for among all that is kept.

    A fact that was dated ahead is news when its instant has come.
    """
    if past.has_occasion_by(now):
        return True
    news = {
        order.order_id: (past.settled_at if order.news_at is None else order.news_at, order.facts)
        for order in orders
        if order.news_at is not None or any(past.settled_at < fact.at <= now for fact in order.facts)
    }
    if have_challenges(programmes) and any(
        may_count(order_id, facts, programmes, zones) for order_id, (_, facts) in news.items()
    ):
        return True  # what is achieved depends on orders that were not read
    if past.coming is not None and any(says_dates(id_) or at < past.coming.since for id_, (at, _) in news.items()):
        return True
    return have_surprises(programmes) and any(may_win(order_id, programmes) for order_id in news)
