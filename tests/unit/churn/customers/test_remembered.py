"""What is remembered of a customer is what a fold from the beginning gives, however the events are cut into batches."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from builders.customers import viewed
from builders.events import NOON, event
from builders.models import model_of
from builders.orders import cancelled, order, paid, refund
from churn.customers.advance import apply_acts, settle_one
from churn.customers.rows import COLUMNS, customer_of, row_of
from churn.domain import packed
from churn.domain.customer import Customer, Terms
from churn.domain.customer_turnover import recount, take_counted
from churn.domain.forecast.heard import SignalWeights
from churn.domain.forecast.rhythm import rhythm_of
from churn.domain.forecast.version import prior_version
from churn.domain.model import Model, prior_model
from churn.domain.orders import hash_id
from churn.domain.packed import OrdersMissing
from churn.domain.score import Parameters
from churn.domain.turnover import unpack_turnover
from mandegar.calendar import shop_days
from mandegar.events import Event
from mandegar.events.ingest import Interaction, OrderMoved, SurveyResponded, TicketChanged
from mandegar.events.promises import PromiseMade
from mandegar.events.registry import ORDER_TYPES

# A shop whose signals have shown that they are worth much.
HEARING = Model(
    2, prior_version()._replace(signals=SignalWeights(Parameters(1.0, 2.0, 0.3, 2.0), -0.2, 0.4, 0.3, -1.8, -0.4, 0.3))
)
TERMS = tuple(
    Terms(model, shop_days(zone), "IRR")
    for model in (prior_model(), model_of(1, 2.0, 3.0, 0.3, 4.0), HEARING)
    for zone in ("Asia/Tehran", "America/Los_Angeles")
)


class Poll(NamedTuple):
    """Acts that are applied at one instant, under the terms of that instant."""

    now: datetime
    terms: Terms
    acts: list[Event]


class Shelf:
    """The rows of one customer; ``published`` is what went out."""

    def __init__(self, *, remembers: bool = True) -> None:
        self.remembers = remembers
        self.row: dict[str, Any] = {"shop": "s", "customer_id": "c", "partition": 0, "orders": b""}
        self.row |= {"remembered": None, "signals": b"", "turnover": b"", "visit_months": b""}
        self.older: dict[int, bytes] = {}
        self.published: list[Event] = []

    def load(self, *, whole: bool) -> Customer:
        state = (
            dict.fromkeys(("version", "stage_version", "interactions", "tickets_opened", "tickets_closed"), 0)
            | self.row
        )
        customer = customer_of([state.get(name) for name in COLUMNS.split(", ")])
        take_counted(customer, self.row["turnover"], self.row["orders"])
        customer.visit_months = self.row["visit_months"]
        if whole:
            customer.packed.complete(self.older)
        if not self.remembers:
            customer.is_folded, customer.statistics, customer.healthy_since = False, None, None
            recount(customer)
        return customer

    def apply(self, acts: Sequence[Event], terms: Terms, now: datetime) -> None:
        try:
            self._apply(self.load(whole=not self.remembers), acts, terms, now)
        except OrdersMissing:
            self._apply(self.load(whole=True), acts, terms, now)

    def _apply(self, customer: Customer, acts: Sequence[Event], terms: Terms, now: datetime) -> None:
        names = {hash_id(act.data.order_id) for act in acts if act.type in ORDER_TYPES}
        if not customer.packed.is_complete:
            customer.packed.find_older(customer.packed.names_to_look_up(names), self.older)
        published = []
        if customer.backfill_until is not None and customer.backfill_until <= now:
            published += settle_one(customer, terms, now)
        published += apply_acts(customer, acts, terms, now)
        row, stored = row_of(customer)
        written = asdict(row)
        written["orders"] = bytes.fromhex(written["orders"])
        written["remembered"] = written["remembered"] and bytes.fromhex(written["remembered"])
        written["signals"] = bytes.fromhex(written["signals"])
        written["turnover"] = bytes.fromhex(written["turnover"])
        written["visit_months"] = bytes.fromhex(written["visit_months"])
        is_sorted = written["band"] in {"cooling", "at_risk", "lost"}
        for name in ("crossing_risk", "crossing_year_value"):  # as the statement does that writes a row
            computed = written[name]
            written[name] = None if not is_sorted else self.row.get(name) if computed is None else computed
        self.row |= written
        assert not self.older.keys() & stored.left.keys(), "an order that leaves the row has none of its own"
        assert stored.changed.keys() <= self.older.keys()
        self.older |= stored.left | stored.changed
        self.published += published

    def orders(self) -> dict[int, bytes]:
        """All orders as records, wherever they lie."""
        customer = self.load(whole=True)
        return {name: packed.pack_order(name, one) for name, one in customer.all_orders().items()}

    def state(self) -> dict[str, Any]:
        """All that follows from the facts, however they lie in rows."""
        customer = self.load(whole=True)
        fields = {name: value for name, value in self.row.items() if name not in {"orders", "remembered", "turnover"}}
        turnover = unpack_turnover(self.row["turnover"])
        return {**fields, "statistics": customer.statistics, "orders": self.orders(), "turnover": turnover}


DAYS = st.sampled_from([-400, -120, -60.01, -60, -30.5, -30.49, -30, -2, -1, -0.51, -0.49, 0, 0])
ORDERS = st.sampled_from([f"o{number}" for number in range(8)])
LATER = st.sampled_from([0, 0, 0, 0.2, 1, 1.01, 20, 90])
AMOUNTS = st.sampled_from(["10", "10", "25.5", "0"])


@st.composite
def acts(draw: st.DrawFn, now_days: float) -> Event:
    """An act of the past or of the moment; orders of one instant and of one day come about."""
    days, name = now_days + draw(DAYS), f"{draw(st.integers(0, 10**9))}"
    backfill = draw(st.integers(0, 19)) == 0
    match draw(
        st.sampled_from(
            ["paid"] * 4
            + ["updated", "placed", "cancel", "refund", "move", "view", "view", "promise", "ticket", "cart", "survey"]
        )
    ):
        case "paid" | "updated" | "placed" as kind:
            version = draw(st.integers(1, 3))
            return order(kind, draw(ORDERS), draw(AMOUNTS), version=version, name=name, days=days, backfill=backfill)
        case "cancel":
            return cancelled(draw(ORDERS), version=draw(st.integers(1, 3)), name=name, days=days, backfill=backfill)
        case "refund":
            return refund(draw(ORDERS), draw(AMOUNTS), name=name, days=days, backfill=backfill)
        case "promise":
            due_at = NOON + timedelta(days=now_days + draw(st.sampled_from([-1, 0, 0.1, 1, 15])))
            made = PromiseMade(promise_id=draw(ORDERS), kind="delivery", due_at=due_at)
            return event("promise.made", made, name=name, days=days, backfill=backfill)
        case "ticket":
            kind = draw(st.sampled_from(["ticket.opened", "ticket.closed"]))
            return event(kind, TicketChanged(ticket_id=draw(ORDERS)), name=name, days=days, backfill=backfill)
        case "cart":
            return event("cart.updated", Interaction(), name=name, days=days, backfill=backfill)
        case "survey":
            answer = SurveyResponded(survey_id="s", kind="nps", score=draw(st.sampled_from([3, 10])))
            return event("survey.responded", answer, name=name, days=days, backfill=backfill)
        case "move":
            return event("order.moved", OrderMoved(order_id=draw(ORDERS), to="d"), name=name, days=days)
    return viewed(name, days=days, backfill=backfill)


@st.composite
def stories(draw: st.DrawFn) -> list[Poll]:
    polls, now_days, terms = [], 0.0, TERMS[0]
    for _ in range(draw(st.integers(1, 5))):
        now_days += draw(LATER)
        terms = draw(st.sampled_from([terms, terms, terms, *TERMS]))
        mine = draw(st.lists(acts(now_days), min_size=1, max_size=8))
        polls.append(Poll(NOON + timedelta(days=now_days), terms, mine))
    return polls


def cut(some: Sequence[Event], places: Sequence[int]) -> Iterator[Sequence[Event]]:
    """Batches of ``some``, cut at ``places``."""
    edges = [0, *sorted({place % len(some) for place in places} - {0}), len(some)]
    for start, stop in pairwise(edges):
        yield some[start:stop]


@settings(max_examples=400, deadline=None)
@given(stories(), st.lists(st.integers(0, 30), max_size=6), st.sampled_from([100, 200, 100_000]))
def test_what_is_remembered_is_the_fold_from_the_beginning_however_batches_are_cut(
    story: list[Poll], places: list[int], room: int
) -> None:
    """One customer forgets everything after each act and is folded anew; the other one never needs to be."""
    folded, remembering = Shelf(remembers=False), Shelf()
    for now, terms, some in story:
        for act in some:
            folded.apply([act], terms, now)
        kept = {"RECENT_BYTES_MAX_BEHIND_OLDER": room * 2 // 3, "RECENT_BYTES_KEPT": room // 3}
        with patch.multiple(packed, RECENT_BYTES_MAX=room, **kept):
            for batch in cut(some, places):
                remembering.apply(batch, terms, now)

        assert remembering.published == folded.published
        assert remembering.state() == {**folded.state(), "statistics": remembering.state()["statistics"]}
        assert remembering.load(whole=True).statistics == _refolded(folded, terms)


def _refolded(shelf: Shelf, terms: Terms) -> Any:
    customer = shelf.load(whole=True)
    return customer.look_back(shop_days(customer.zone or terms.days.zone.key)).statistics()


def both(*polls: Poll) -> None:
    """After each poll, the customer who remembers is the one who is folded anew after each act."""
    folded, remembering = Shelf(remembers=False), Shelf()
    for now, terms, some in polls:
        for act in some:
            folded.apply([act], terms, now)
        remembering.apply(some, terms, now)
        assert remembering.published == folded.published
        assert remembering.state() == {**folded.state(), "statistics": _refolded(folded, terms)}


def test_a_row_of_the_release_before_which_knows_no_rhythm_is_folded_again() -> None:
    shelf = Shelf()
    shelf.apply([paid("a", 10, days=-20), paid("b", 10, days=-6), paid("d", 10)], TERMS[0], NOON)
    before, rhythm = shelf.load(whole=True), 9 * 8
    shelf.row["remembered"] = shelf.row["remembered"][:-rhythm]

    assert before.statistics is not None
    assert before.statistics.rhythm == rhythm_of([0, 14, 20])
    assert not shelf.load(whole=True).is_folded


def test_the_timer_looks_once_before_the_crossing_publishes_nothing_and_knows_the_crossing_then() -> None:
    shelf = Shelf()
    shelf.apply([paid("a", 10, days=-20), paid("b", 10)], TERMS[0], NOON)
    customer, look = shelf.load(whole=True), shelf.row["due_at"]
    looked = settle_one(customer, TERMS[0], look)
    crossing = customer.due_at

    assert looked == []
    assert crossing is not None
    assert look < crossing
    (crossed,) = settle_one(customer, TERMS[0], crossing)
    assert (crossed.data.band, crossed.time) == ("cooling", crossing)


def test_of_two_orders_at_the_last_instant_the_larger_counts_after_a_refund_too() -> None:
    both(
        Poll(NOON, TERMS[0], [paid("a", 10), paid("b", 30)]),
        Poll(NOON, TERMS[0], [refund("b", 25)]),
        Poll(NOON, TERMS[0], [order("updated", "a", 1, version=2)]),
    )


def test_an_earlier_payment_on_the_day_of_the_last_purchase_can_end_the_silence_in_time() -> None:
    """The day on which silence reaches the first line has a purchase after that instant, and then one before it."""
    first = Shelf()
    first.apply([paid("a", 10)], TERMS[0], NOON)
    line = (first.row["due_at"] - NOON).total_seconds() / 86_400
    minute, now = 1 / 1_440, NOON + timedelta(days=line + 0.1)

    both(
        Poll(NOON, TERMS[0], [paid("a", 10)]),
        Poll(now, TERMS[0], [paid("b", 10, days=line + minute)]),
        Poll(now, TERMS[0], [paid("c", 10, days=line - minute)]),
    )


def test_an_earlier_payment_on_the_day_before_the_last_purchase_can_end_the_silence_in_time() -> None:
    first = Shelf()
    first.apply([paid("a", 10)], TERMS[0], NOON)
    line = (first.row["due_at"] - NOON).total_seconds() / 86_400
    minute, now = 1 / 1_440, NOON + timedelta(days=line + 1.1)

    both(
        Poll(NOON, TERMS[0], [paid("a", 10)]),
        Poll(now, TERMS[0], [paid("b", 10, days=line + minute)]),
        Poll(now, TERMS[0], [paid("d", 10, days=line + 1)]),
        Poll(now, TERMS[0], [paid("c", 10, days=line - minute)]),
        Poll(now, TERMS[0], [cancelled("d", version=2)]),
    )


def test_a_refund_of_a_part_can_make_a_silence_of_the_past_too_long() -> None:
    """Who has paid a thousand is expected for 127 days under these numbers, who has paid one for 26."""
    now = TERMS[2]
    both(
        Poll(NOON, now, [paid("a", 1_000, days=-60), paid("b", 10)]),
        Poll(NOON, now, [refund("a", 999)]),
    )


def test_a_cancelled_order_in_the_middle_of_the_last_day_leaves_its_first_and_last() -> None:
    both(
        Poll(NOON, TERMS[0], [paid("a", 10), paid("b", 30, hours=1), paid("d", 20, hours=2)]),
        Poll(NOON, TERMS[0], [cancelled("b", version=2)]),
        Poll(NOON, TERMS[0], [cancelled("d", version=2), cancelled("a", version=2)]),
    )
