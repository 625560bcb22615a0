"""The parts of a dimension are those that a reader of all events would find, in whatever order these come."""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from builders.events import event
from churn.domain.counting import ZERO, Count, Counts, Place, PlainCounts, counts_of
from churn.domain.dimensions import (
    UNKNOWN,
    Origin,
    as_one_person,
    changed_parts,
    counts_by_part,
    labels_of,
    rest_of,
    told_by,
    united,
    value_of,
)
from churn.domain.kpis import months_of
from churn.domain.purchases import Paid
from churn.domain.turnover import turnover_of
from mandegar.calendar import shop_days
from mandegar.events.ingest import Item, OrderMoved, OrderSnapshot
from mandegar.quantities import to_us

TEHRAN = shop_days("Asia/Tehran")
DAYS = st.sampled_from([-400, -70, -69.9, -40, -1, 0])
CHANNELS = st.sampled_from([None, "app", " app  ", "web", ""])
CATEGORIES = st.sampled_from([None, "shoes", "hats"])


def bought(order: str, days: float, channel: str | None = None, *lines: tuple[str | None, int], **more):
    items = tuple(Item(product_id="p", category=category, unit_price=Decimal(price)) for category, price in lines)
    data = OrderSnapshot(
        order_id=order, currency="IRR", total=Decimal(10), version=1, channel=channel, items=items, **more
    )
    return event("order.paid" if not more else "order.updated", data, name=f"{order} {days} {channel}", days=days)


def moved(order: str):
    return event("order.moved", OrderMoved(order_id=order, to="d"), name=f"{order} moved")


def known(events) -> Origin:
    origin = UNKNOWN
    for each in events:
        origin = united(origin, told_by(each))
    return origin


ORDERS = st.builds(bought, st.sampled_from("abc"), DAYS, CHANNELS, st.tuples(CATEGORIES, st.integers(0, 9)))
MOVES = st.builds(moved, st.sampled_from("abc"))
PEOPLE = st.lists(st.tuples(st.lists(ORDERS, min_size=1, max_size=5), st.booleans()), max_size=5)


def turnover(events):
    return turnover_of((Paid(to_us(each.time), 100_000) for each in events), TEHRAN)


@given(st.lists(ORDERS | MOVES, max_size=8), st.randoms(use_true_random=False), st.integers(0, 8))
def test_any_order_repetition_and_division_says_the_same(events, random: Random, cut):
    shuffled = [*events, *events]
    random.shuffle(shuffled)
    assert united(known(shuffled[:cut]), known(shuffled[cut:])) == known(events)


@given(PEOPLE)
def test_a_part_counts_as_its_customers_alone_and_the_rest_as_everybody_else(people):
    whole: Counts = {}
    parts: dict = {}
    of: dict = {}
    for events, member in people:
        mine, origin = turnover(events), known(events)._replace(member=member)
        labels = labels_of(origin, mine)
        for dimension in ("member", "source", "first_category"):
            of.setdefault((dimension, labels.get(dimension)), []).append(mine)
        add(whole, counts_of(mine))
        for part, counts in counts_by_part(origin, mine).items():
            add(parts.setdefault(part, {}), counts)
    for dimension in ("member", "source", "first_category"):
        values = {value for name, value in of if name == dimension} - {None}
        assert {value for name, value in parts if name == dimension} == values
        told = {value: gregorian(parts[dimension, value]) for value in values}
        told[None] = rest_of(gregorian(whole), [told[value] for value in values])
        for value, counts in told.items():
            alone: Counts = {}
            for mine in of.get((dimension, value), ()):
                add(alone, counts_of(mine))
            for window in (1, 3, 13):
                first, last = 2025 * 12, 2027 * 12
                assert months_of(counts, first, last, window) == months_of(gregorian(alone), first, last, window)


@given(PEOPLE.filter(lambda people: len(people) > 1))
def test_what_changes_is_the_difference(people):
    (before, was_member), (after, is_member) = people[0], people[1]
    one = (known(before)._replace(member=was_member), turnover(before))
    other = (known(after)._replace(member=is_member), turnover(after))
    sums: dict = {}
    for part, counts in (*counts_by_part(*one).items(), *changed_parts(one, other).items()):
        add(sums.setdefault(part, {}), counts)
    kept = {part: {place: count for place, count in sums[part].items() if count != ZERO} for part in sums}
    assert {part: counts for part, counts in kept.items() if counts} == counts_by_part(*other)


def test_the_dearest_line_names_the_category_and_the_earliest_order_the_source():
    first = bought("a", -40, "web", ("hats", 5), ("shoes", 7), (None, 9), ("bags", 7))
    later = bought("b", -1, "app", ("hats", 5))
    both = [first, later]
    assert labels(both) == {"source": "web", "first_category": "shoes"}
    assert labels([*both, moved("a")]) == {"source": "app", "first_category": "hats"}
    assert as_one_person(known([*both, moved("a")]), known([first])) == known(both)


def test_some_of_the_first_orders_may_be_of_others():
    events = [bought("a", -40, "app"), bought("b", -39, "app"), bought("c", -38, "web")]
    away = [moved("a"), moved("b")]
    some, many = ([moved(f"other {number}") for number in range(count)] for count in (40, 200))
    late = turnover(events[2:])
    for told in ([*events, *some, *away], [*away, *some, *events], [*some, *away, *events], [*events, *many, *away]):
        assert labels_of(known(told), late) == {"source": "web"}


def test_an_order_says_nothing_of_who_has_bought_before_it():
    silent, named = bought("a", -70), bought("b", -1, "app")
    assert labels_of(known([named]), turnover([silent, named])) == {}
    assert labels_of(known([named]), turnover([named])) == {"source": "app"}
    assert labels_of(known([named]), {}) == {}, "who has no order that counts is in no part"


def test_orders_that_are_not_paid_say_nothing():
    assert told_by(bought("a", -1, "app", status="open")) == UNKNOWN
    assert told_by(bought("a", -1, "app", status="paid")).sources[0].value == "app"


def test_values_are_bounded_text():
    assert [value_of(text) for text in (" a\t b\0", "", " \0 ", None, "خ" * 300)] == [
        "a b",
        None,
        None,
        None,
        "خ" * 100,
    ]


def labels(events):
    mine = [each for each in events if each.type == "order.paid"]
    return labels_of(known(events), turnover(mine[1:] if len(mine) < len(events) else mine))


def gregorian(counts: Counts) -> Counts:
    return {place: count for place, count in counts.items() if place.calendar == "gregorian"}


def add(sums: Counts, counts: PlainCounts | Counts) -> None:
    for place, count in counts.items():
        sums[Place(*place)] = sums.get(Place(*place), ZERO).plus(Count(*count))
