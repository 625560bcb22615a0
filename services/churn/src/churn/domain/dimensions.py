"""The dimensions by which the figures of a shop are divided, and which part of each a customer belongs to.

``member``: whether loyalty has told of points, credit or a tier of the customer. ``source`` and ``first_category``:
what the first paid order that names a channel, or a category, says, whether or not it was taken back since. Of each the
earliest are kept; all of it is a set, a minimum or a maximum over events, so that order and repetition change nothing.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from churn.domain.counting import ZERO, Count, Counts, Place, PlainCounts, less, part_counts
from churn.domain.orders import hash_id
from churn.domain.turnover import Turnover, span_of
from mandegar.events import Event
from mandegar.events.ingest import Item
from mandegar.events.orders import STAGES, pays
from mandegar.quantities import DAY_US, to_us

Dimension: TypeAlias = Literal["member", "source", "first_category"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
TYPES: Final = frozenset({*STAGES, "order.moved"})

MEMBER: Final = "member"
# The next ones stand where the first orders turn out to be another customer's.
FIRSTS_KEPT: Final = 4
MOVES_KEPT: Final = 64
VALUE_CHARS_MAX: Final = 100

# 1970 as a proleptic ordinal, and the largest distance of a zone behind UTC.
_DAY_0: Final = 719_163
_BEHIND_UTC_US: Final = DAY_US // 2


class First(NamedTuple):
    """What an order that was paid at ``at_us`` says; ``order`` is the hash of its id."""

    at_us: int
    order: int
    value: str


class Origin(NamedTuple):
    """The earliest orders that name a channel and a category, orders that moved to others, and if a member."""

    sources: tuple[First, ...] = ()
    categories: tuple[First, ...] = ()
    moved: tuple[int, ...] = ()
    member: bool = False


UNKNOWN: Final = Origin()

# Values, by dimension; of what is not known there is none.
Labels: TypeAlias = dict[Dimension, str]
Part: TypeAlias = tuple[Dimension, str]
PartCounts: TypeAlias = dict[Part, PlainCounts]


def told_by(event: Event) -> Origin:
    """What an event of ``TYPES`` says."""
    name = hash_id(event.data.order_id)
    if event.type == "order.moved":
        return Origin(moved=(name,))
    if not pays(STAGES[event.type], event.data.status):
        return UNKNOWN
    at_us, channel, category = to_us(event.time), value_of(event.data.channel), _category(event.data.items)
    return Origin(
        () if channel is None else (First(at_us, name, channel),),
        () if category is None else (First(at_us, name, category),),
    )


def united(one: Origin, other: Origin) -> Origin:
    """What both say of one customer."""
    sources = _earliest((*one.sources, *other.sources))
    categories = _earliest((*one.categories, *other.categories))
    named = {first.order for first in (*sources, *categories)}
    # More than are kept: those of orders that are known, which alone say something, come first.
    moved = sorted({*one.moved, *other.moved}, key=lambda name: (name not in named, name))[:MOVES_KEPT]
    return Origin(sources, categories, tuple(sorted(moved)), one.member or other.member)


def as_one_person(one: Origin, other: Origin) -> Origin:
    """What is known of two customers who turned out to be one: an order that moved may have moved between them."""
    return united(_without_moved(one), _without_moved(other))


def value_of(text: str | None) -> str | None:
    """A value as it is counted: without spaces around it or two in a row, and of bounded length."""
    return " ".join((text or "").replace("\0", " ").split())[:VALUE_CHARS_MAX].rstrip() or None


def labels_of(origin: Origin, turnover: Turnover) -> Labels:
    """The values of a customer with such a turnover. An order that names one says nothing of who has bought before,
    in an earlier month of either calendar.
    """
    labels: Labels = {MEMBER: MEMBER} if origin.member else {}
    first_span = min(turnover, default=0)
    named: tuple[tuple[Dimension, tuple[First, ...]], ...] = (
        ("source", origin.sources),
        ("first_category", origin.categories),
    )
    for dimension, firsts in named:
        first = next((first for first in firsts if first.order not in origin.moved), None)
        if first is not None and _earliest_span(first.at_us) <= first_span:
            labels[dimension] = first.value
    return labels


def counts_by_part(origin: Origin, turnover: Turnover) -> PartCounts:
    """What a customer counts for in the part of each dimension that they belong to."""
    return changed_parts((UNKNOWN, {}), (origin, turnover))


def changed_parts(before: tuple[Origin, Turnover], after: tuple[Origin, Turnover]) -> PartCounts:
    """What is to be added to the figures by dimension when a customer changes."""
    was, is_ = labels_of(*before), labels_of(*after)
    if not was and not is_:
        return {}
    counted, counts = part_counts(before[1]), part_counts(after[1])
    stayed = less(counts, counted)
    changed: PartCounts = {}
    for dimension in DIMENSIONS:
        old, new = was.get(dimension), is_.get(dimension)
        if new is not None:
            changed[dimension, new] = stayed if new == old else counts
        if old is not None and old != new:
            changed[dimension, old] = less({}, counted)
    return changed


def ever_of(counts: Counts) -> Count:
    """What the customers of a part count for in all months."""
    return next((count for place, count in counts.items() if place.kind == "ever"), ZERO)


def rest_of(whole: Counts, parts: Iterable[Counts]) -> Counts:
    """What is in none of some parts: of the same calendar and months as ``whole``, the counts of all customers."""
    rest: Counts = {}
    for place, count in whole.items():
        if place.kind == "ladder":
            ever = Place(place.calendar, "ever", 0, 0)
            again = count.customers if place.other > 1 else 0
            rest[ever] = rest.get(ever, ZERO).plus(count._replace(again=again))
        elif place.kind in {"cohort", "gap"}:
            rest[place] = count
    for part in parts:
        for place, count in part.items():
            rest[place] = rest.get(place, ZERO).plus(count, -1)
    return {place: count for place, count in rest.items() if count != ZERO}


def _earliest(firsts: Iterable[First]) -> tuple[First, ...]:
    by_order: dict[int, First] = {}
    for first in firsts:
        by_order[first.order] = min(first, by_order.get(first.order, first))
    return tuple(sorted(by_order.values())[:FIRSTS_KEPT])


def _without_moved(origin: Origin) -> Origin:
    sources, categories = (
        tuple(first for first in firsts if first.order not in origin.moved)
        for firsts in (origin.sources, origin.categories)
    )
    return Origin(sources, categories, (), origin.member)


def _earliest_span(at_us: int) -> int:
    """The first span in which an instant may lie, whatever the zone of the shop."""
    return span_of(max((at_us - _BEHIND_UTC_US) // DAY_US + _DAY_0, 1))


def _category(items: Iterable[Item]) -> str | None:
    """The category of the line that costs most among those that have one; of equal ones the first."""
    named = [(_price(item), value) for item in items if (value := value_of(item.category)) is not None]
    return max(named, key=lambda each: each[0])[1] if named else None


def _price(item: Item) -> Decimal:
    return item.quantity * (item.unit_price or Decimal(0))
