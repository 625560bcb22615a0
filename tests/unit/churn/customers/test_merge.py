"""Whoever is merged is as if they had always been one, whenever it happens; and readers who keep versions end right."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from operator import itemgetter
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.customers import viewed
from builders.events import NOON, event
from builders.merges import merged
from builders.models import model_of
from builders.orders import cancelled, order, refund
from builders.packed_orders import pack
from churn.customers.advance import apply_acts, settle_one
from churn.customers.merge import Union, put_together
from churn.customers.rebuild import BAND_TYPES
from churn.customers.rows import OLDER_ORDERS_MAX
from churn.domain.assessment import assess
from churn.domain.customer import Customer, Terms
from churn.domain.model import prior_model
from churn.domain.packed import Packed
from churn.domain.packing import pack_order
from churn.domain.past import Past
from mandegar.calendar import shop_days
from mandegar.events import Event
from mandegar.events.ingest import OrderMoved

TERMS = tuple(
    Terms(model, shop_days(zone), "IRR")
    for model in (prior_model(), model_of(1, 2.0, 3.0, 0.3, 4.0))
    for zone in ("Asia/Tehran", "America/Los_Angeles")
)
NAMES = ("a_1", "g_2", "c3", "c4")
FIELDS = (
    "band", "band_since", "lifecycle", "stage", "value_at_risk", "due_at", "x", "first_day", "last_day", "zone",
    "model_version", "statistics", "interactions", "tickets_opened", "last_event_at", "last_interaction_at",
    "backfill_until",
)  # fmt: skip


class Poll(NamedTuple):
    """Acts at one instant, each of one of the names, and the merges behind them."""

    now: datetime
    terms: Terms
    acts: list[Event]
    merges: list[tuple[str, str]]


class House:
    """Customers by name, who merge; ``published`` is what went out."""

    def __init__(self, *names: str) -> None:
        self.customers = {name: Customer("s", name, 0) for name in names}
        self.roots = {name: name for name in names}
        self.published: list[Event] = []

    def apply(self, acts: Sequence[Event], terms: Terms, now: datetime) -> None:
        by_root: dict[str, list[Event]] = {}
        for act in acts:
            root = self.roots[act.customer_id or ""]
            if act.type != "order.moved" or self.roots[act.data.to] != root:
                by_root.setdefault(root, []).append(act)
        for name, mine in by_root.items():
            customer = self.customers[name]
            if customer.backfill_until is not None and customer.backfill_until <= now:
                self.published += settle_one(customer, terms, now)
            self.published += apply_acts(customer, mine, terms, now)
            _store(customer)

    def merge(self, pairs: Sequence[tuple[str, str]], terms: Terms, now: datetime) -> None:
        """As the library does: all merges of a batch at once, aliases flattened to their roots."""
        taken: list[str] = []
        for alias, into in pairs:
            old, root = self.roots[alias], self.roots[into]
            if old != root:
                self.roots = {name: root if of == old else of for name, of in self.roots.items()}
                taken.append(old)
        for root in sorted({self.roots[name] for name in taken}):
            mine = [name for name in taken if self.roots[name] == root]
            union = Union(self.customers[root], [self.customers[name] for name in mine], merged(mine[-1], root))
            news = put_together(union, terms, now)
            by_merge = [each for each in news if each.causation_id == union.event.id]  # the others were due
            assert sum(each.customer_id == root and each.type in BAND_TYPES for each in by_merge) <= 1
            self.published += news
            _store(self.customers[root])
            for name in mine:
                old = self.customers[name]
                self.customers[name] = Customer("s", name, 0, version=old.version, stage_version=old.stage_version)

    def told(self, root: str) -> str | None:
        """The band that somebody believes who routes by the same merges, in whatever order events arrive."""
        of_bands = [each for each in self.published if each.type in BAND_TYPES]
        of_root = [each for each in of_bands if self.roots[each.customer_id or ""] == root]
        newest = max(of_root, key=lambda each: int(each.data.version), default=None)
        return None if newest is None or newest.type == "band.left" else str(newest.data.band)


def _store(customer: Customer) -> None:
    """What is kept from one batch to the next."""
    customer.packed, customer.orders, customer.past = Packed(pack(customer.all_orders())), {}, None


DAYS = st.sampled_from([-400, -120, -60, -30.5, -30.49, -30, -2, -1, -0.51, -0.49, 0, 0])
AMOUNTS = st.sampled_from(["10", "10", "25.5", "0"])
LATER = st.sampled_from([0, 0, 0.2, 1, 20, 90])


@st.composite
def acts(draw: st.DrawFn, now_days: float, place: str) -> list[Event]:
    """Acts about one order; of a guest's order that moves, its new owner is told all before or behind the move."""
    who = draw(st.sampled_from(NAMES))
    taker = draw(st.sampled_from(NAMES))
    moves = taker != who and draw(st.booleans())
    known = ["shared", "both", *(f"{who} {number}" for number in range(3))]
    order_id = f"moving {place}" if moves else draw(st.sampled_from(known))
    mine = [draw(act(who, order_id, now_days)) for _ in range(draw(st.integers(1, 4)))]
    if not moves:
        return mine
    again = [_of(taker, each) for each in mine]
    move = event("order.moved", OrderMoved(order_id=order_id, to=taker), customer=who, days=now_days - 500)
    behind = [draw(act(taker, order_id, now_days))]
    return [*again, *mine, move, *behind] if draw(st.booleans()) else [*mine, move, *again, *behind]


@st.composite
def act(draw: st.DrawFn, who: str, order_id: str, now_days: float) -> Event:
    days, name = now_days + draw(DAYS), f"{draw(st.integers(0, 10**9))}"
    more = {"name": name, "days": days, "customer": who, "backfill": draw(st.integers(0, 19)) == 0}
    match draw(st.sampled_from(["paid", "paid", "paid", "updated", "placed", "cancel", "refund", "view"])):
        case "paid" | "updated" | "placed" as kind:
            return order(kind, order_id, draw(AMOUNTS), version=draw(st.integers(1, 3)), **more)
        case "cancel":
            return cancelled(order_id, version=draw(st.integers(1, 3)), **more)
        case "refund":
            return refund(order_id, draw(AMOUNTS), draw(st.sampled_from("rs")), **more)
    return viewed(**more)


def _of(customer: str, fact: Event) -> Event:
    return event(fact.type, fact.data, customer=customer, days=(fact.time - NOON) / timedelta(days=1))


@st.composite
def stories(draw: st.DrawFn) -> list[Poll]:
    polls, now_days, terms = [], 0.0, TERMS[0]
    for _ in range(draw(st.integers(1, 4))):
        now_days += draw(LATER)
        terms = draw(st.sampled_from([terms, terms, *TERMS]))
        places = [f"{len(polls)} {number}" for number in range(draw(st.integers(0, 5)))]  # an order moves once
        mine = [each for place in places for each in draw(acts(now_days, place))]
        merges = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=3))
        polls.append(Poll(NOON + timedelta(days=now_days), terms, mine, merges))
    return polls


@settings(max_examples=200, deadline=None)
@given(stories())
def test_who_was_merged_is_as_one_who_always_was_one(story: list[Poll]) -> None:
    house, always = House(*NAMES), House("always")
    for now, terms, some, merges in story:
        house.apply(some, terms, now)
        always.apply([_of_always(each) for each in some if each.type != "order.moved"], terms, now)
        house.merge(merges, terms, now)
        for root in set(house.roots.values()):
            assert house.told(root) == house.customers[root].band
    house.merge([(name, "c4") for name in NAMES[:3]], terms, now)
    one, other = house.customers[house.roots["c4"]], always.customers["always"]
    for house_, customer in ((house, one), (always, other)):
        customer.backfill_until = now  # so that both are computed anew
        house_.published += settle_one(customer, terms, now + timedelta(days=3))

    assert {name: getattr(one, name) for name in FIELDS} == {name: getattr(other, name) for name in FIELDS}
    assert _orders(one) == _orders(other)
    assert one.statistics == Past(one.packed.paid({}), terms.days).statistics()
    assert house.told(one.customer_id) == one.band
    merged_, whole = (assess(each, terms.model, terms.days, now + timedelta(days=9)) for each in (one, other))
    assert (merged_ and merged_.risk) == (whole and pytest.approx(whole.risk, abs=1e-9))


def _of_always(fact: Event) -> Event:
    more = {"days": (fact.time - NOON) / timedelta(days=1), "backfill": fact.backfill}
    return event(fact.type, fact.data, name=f"{fact.id}", customer="always", **more)


def _orders(customer: Customer) -> dict[int, bytes]:
    """Orders of which anything is known, as records."""
    return {
        name: pack_order(name, one)
        for name, one in customer.all_orders().items()
        if one.stage or one.refunds or one.cancelled
    }


def test_an_order_that_moved_to_somebody_who_only_looked_until_they_merged_counts_when_it_is_told() -> None:
    house, terms = House(*NAMES), TERMS[0]
    house.apply([event("order.moved", OrderMoved(order_id="o", to="a_1"), customer="c4", days=-9)], terms, NOON)
    house.apply([viewed("seen", customer="a_1", days=-3)], terms, NOON)
    house.merge([("a_1", "c4")], terms, NOON)
    house.apply([order("paid", "o", 10, customer="a_1", days=-1)], terms, NOON)

    assert house.customers["c4"].band == "healthy"
    assert house.customers["c4"].statistics is not None


def test_the_stage_that_a_merge_gives_to_who_has_done_nothing_is_told() -> None:
    house, terms = House(*NAMES), TERMS[0]
    visits = [viewed("one", customer="a_1", days=-2), viewed("two", customer="a_1", days=-1)]
    house.apply(visits, terms, NOON)
    house.merge([("a_1", "c4")], terms, NOON)

    told = [each for each in house.published if each.type == "stage.changed"]
    assert [(each.customer_id, each.data.previous, each.data.stage) for each in told] == [
        ("a_1", "awareness", "consideration"),
        ("c4", "awareness", "consideration"),
        ("a_1", "consideration", "awareness"),
    ]
    assert [each.data.version for each in told] == [1, 1, 2]


def _away(name: str, band: str) -> tuple[House, datetime]:
    """Where one customer has bought on two days and is in a band by now; since when."""
    house, terms = House(*NAMES), TERMS[0]
    for order_id, days in (("a", 0), ("b", 20)):
        house.apply([order("paid", order_id, 10, days=days, customer=name)], terms, NOON + timedelta(days=days))
    customer = house.customers[name]
    while customer.band != band:
        assert customer.due_at is not None
        house.published += settle_one(customer, terms, customer.due_at)
    assert customer.band_since is not None
    return house, customer.band_since


ONE, OTHER = [("g_2", "c4")], [("a_1", "c4")]


@pytest.mark.parametrize(
    "steps",
    [
        *permutations([ONE, OTHER, None]),
        *permutations([[*ONE, *OTHER], None]),
        *permutations([[*OTHER, *ONE], None]),
    ],
)
@pytest.mark.parametrize(("away", "buyer"), [("c4", "a_1"), ("g_2", "c4"), ("g_2", "a_1"), ("a_1", "g_2")])
def test_who_comes_back_under_another_id_is_told_as_won_back_whenever_they_merge(
    away: str, buyer: str, steps: Sequence[list[tuple[str, str]] | None]
) -> None:
    house, since = _away(away, "lost")
    days = (since - NOON).days + 5
    purchase = order("paid", "z", 10, days=days, customer=buyer)
    for merges in steps:
        if merges is None:
            house.apply([purchase], TERMS[0], purchase.time)
        else:
            house.merge(merges, TERMS[0], purchase.time)

    assert house.customers["c4"].lifecycle == "won_back"
    (back,) = (each for each in house.published if each.type == "customer.won_back")
    assert (house.roots[back.customer_id or ""], back.data.won_back_at) == ("c4", purchase.time)
    told = {each.data.version: each.type for each in house.published if each.type in BAND_TYPES}
    assert back.data.version in told
    assert house.told("c4") == "healthy"


@pytest.mark.parametrize(("away", "buyer", "merges"), [("c4", "a_1", OTHER), ("g_2", "c4", ONE)])
def test_who_has_bought_again_since_they_came_back_is_told_as_won_back_by_a_merge(
    away: str, buyer: str, merges: list[tuple[str, str]]
) -> None:
    house, since = _away(away, "lost")
    days = (since - NOON).days + 5
    purchases = [order("paid", name, 10, days=days + more, customer=buyer) for name, more in (("z", 0), ("y", 3))]
    for purchase in purchases:
        house.apply([purchase], TERMS[0], purchase.time)
    house.merge(merges, TERMS[0], purchases[1].time)
    house.merge([(name, "c4") for name in NAMES[:3]], TERMS[0], purchases[1].time)

    assert house.customers["c4"].lifecycle == "active"
    (back,) = (each for each in house.published if each.type == "customer.won_back")
    assert (back.customer_id, back.data.won_back_at, back.data.previous) == ("c4", purchases[0].time, "lost")


def test_a_merge_behind_a_return_does_not_tell_it_again() -> None:
    house, since = _away("c4", "lost")
    days = (since - NOON).days + 5
    house.apply([order("paid", "z", 10, days=days, customer="c4")], TERMS[0], NOON + timedelta(days=days))
    house.apply([viewed("seen", customer="a_1", days=days)], TERMS[0], NOON + timedelta(days=days))
    house.merge(OTHER, TERMS[0], NOON + timedelta(days=days))
    house.merge(ONE, TERMS[0], NOON + timedelta(days=days))

    assert sum(each.type == "customer.won_back" for each in house.published) == 1


@pytest.mark.parametrize("away", ["a_1", "c4"])
def test_what_was_due_is_told_before_a_merge_as_if_the_timer_had_not_been_late(away: str) -> None:
    def live(*, is_late: bool) -> list[tuple[str, str, object]]:
        house, _ = _away(away, "cooling")
        customer, n = house.customers[away], len(house.published)
        assert customer.due_at is not None
        now = customer.due_at + timedelta(hours=30)
        if not is_late:
            house.published += settle_one(customer, TERMS[0], now)
        days = (now - NOON) / timedelta(days=1)
        house.apply([order("paid", "z", 10, days=days, customer="g_2")], TERMS[0], now)
        house.merge([*OTHER, *ONE], TERMS[0], now)
        told = [(each.type, each.customer_id or "", each.data) for each in house.published[n:]]
        return sorted(told, key=itemgetter(0, 1))

    assert live(is_late=True) == live(is_late=False)
    assert any(type_ == "customer.won_back" for type_, *_ in live(is_late=True))


def test_a_root_of_another_zone_with_older_orders_asks_for_them_whatever_the_alias_brings() -> None:
    root = Customer("s", "c4", 0, is_folded=False)
    root.packed = Packed(b"\x04" + (OLDER_ORDERS_MAX + 1).to_bytes(4, "little"))

    assert Union(root, [Customer("s", "a_1", 0)], merged("a_1", "c4")).takes_longer(NOON)
