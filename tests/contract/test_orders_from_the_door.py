"""Orders end the same, whatever the clock, tie or form: from what a shop posts to what two services make of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.packed_orders import pack, unpack
from churn.domain.customer import Customer
from churn.domain.facts import take_in
from churn.domain.orders import money
from faults.recompute.clerk import opinion
from ingest.domain.candidates import Candidate
from ingest.domain.normalise import Reading
from ingest.domain.sources import Shop, Source
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from loyalty.domain.orders import Fact, add_fact, net_steps
from loyalty.earning.orders import fact_of
from mandegar.events import Event, decode, encode
from mandegar.quantities import to_us

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOURCE = Source("s1", Shop("demo", "EUR", ZoneInfo("Europe/Berlin"), "DE"))


class Post(NamedTuple):
    """An event that a shop posts ``arrives`` seconds after noon, and dates at ``written`` seconds after noon."""

    type: str
    written: float | str
    data: dict[str, Any]
    arrives: float = 0

    def read(self, place: int) -> Candidate:
        """What the door makes of it, over the topic."""
        now = NOW + timedelta(seconds=self.arrives)
        written = self.written if isinstance(self.written, str) else _text(self.written)
        body = {"id": f"e{place}", "type": self.type, "time": written, "customer": {"id": "c"}}
        arrival = read_event(
            NATIVE, msgspec.json.encode({**body, "data": self.data}), 0, Reading(SOURCE, now, b"k" * 32)
        )
        assert isinstance(arrival, Candidate), arrival
        arrival.event = decode(encode(arrival.event))
        return arrival


def _text(seconds: float) -> str:
    return (NOW + timedelta(seconds=seconds)).isoformat()


def total(amount: float | str, **more: Any) -> dict[str, Any]:
    return {"order_id": "o", "currency": "EUR", "total": amount, **more}


def cancelled(written: float, *, arrives: float = 0, **more: Any) -> Post:
    return Post("order.cancelled", written, {"order_id": "o", **more}, arrives)


def paid(written: float | str, amount: float, *, arrives: float = 0, **more: Any) -> Post:
    return Post("order.paid", written, total(amount, **more), arrives)


def updated(written: float | str, amount: float, *, arrives: float = 0, **more: Any) -> Post:
    return Post("order.updated", written, total(amount, **more), arrives)


def worths(events: Sequence[Event]) -> set[Decimal]:
    """What loyalty, churn and a clerk make of the order."""
    facts: list[Fact] = []
    customer = Customer("demo", "c", 0)
    for event in events:
        add_fact(facts, fact_of(event))
        take_in(customer, event)
        customer.orders = unpack(pack(customer.orders))
    (order,) = customer.orders.values()
    return {Decimal(net_steps(facts)[-1].net) / 10**9, money(order.net), opinion(events).net}


DAY = -86_400.0
CASES = {
    "cancelled-and-updated-at-one-instant": ([paid(-7200, 100), cancelled(-3600), updated(-3600, 100)], 0),
    "the-same-with-one-version": (
        [paid(-7200, 100), cancelled(-3600, version=2), updated(-3600, 100, version=2)], 0),
    "clock-two-seconds-ahead": ([paid(2, 100), updated(3, 40)], 40),
    "clock-90-seconds-ahead-and-cancelled": ([paid(89, 100), cancelled(90)], 0),
    "newer-first-in-two-requests": ([updated(3, 40), paid(2, 100, arrives=1)], 40),
    "clock-a-minute-ahead": ([updated(60, 100), paid(30, 500, arrives=40)], 100),
    "zone-mistaken-by-hours": ([updated(12_600, 100), paid(12_570, 500, arrives=1)], 100),
    "refund-corrected-by-a-clock-ahead": (
        [paid(0, 100), *(Post("refund.issued", at, {"refund_id": "r", "order_id": "o", "currency": "EUR",
         "amount": amount}, arrives) for at, amount, arrives in ((31, 10, 0), (30, 60, 5)))], 90),
    "version-after-a-time": ([paid(2 * DAY, 100), updated(DAY, 40, version=2)], 40),
    "version-text-after-a-time": ([paid(2 * DAY, 100), updated(DAY, 40, version="2")], 40),
    "time-after-a-version": ([paid(2 * DAY, 100, version=9), updated(DAY, 40)], 40),
    "version-as-a-float-after-a-time": ([paid(2 * DAY, 100), updated(DAY, 40, version=2.0)], 40),
    "a-blank-version-is-none": ([paid(2 * DAY, 100, version=9), updated(DAY, 40, version="")], 40),
    "revived-by-a-version": ([paid(3 * DAY, 100, version=1), cancelled(2 * DAY), updated(DAY, 100, version=2)], 100),
    "a-note-on-a-cancelled-order": ([paid(3 * DAY, 100), cancelled(2 * DAY), updated(DAY, 100)], 0),
    "open-again": ([paid(3 * DAY, 100), cancelled(2 * DAY), updated(DAY, 90, status="on-hold")], 90),
    "paid-again": ([paid(3 * DAY, 100), cancelled(2 * DAY), paid(DAY, 90)], 90),
    "cancelled-by-its-status": ([paid(2 * DAY, 100), updated(DAY, 100, status="Canceled")], 0),
    "refunded-by-its-status": ([paid(2 * DAY, 100), updated(DAY, 100, status="refunded")], 0),
    "partially-refunded-stands": ([paid(2 * DAY, 100), updated(DAY, 100, status="partially_refunded")], 100),
    "an-unknown-status-says-nothing": ([paid(3 * DAY, 100), cancelled(2 * DAY), updated(DAY, 100, status="?")], 0),
    "updates-alone": ([updated(2 * DAY, 100, status="pending"), updated(DAY, 90, status="processing")], 90),
    "a-mistyped-year-does-not-freeze": ([paid("9999-01-01T00:00:00Z", 100), updated(50, 40, arrives=60)], 40),
    "a-mistyped-year-later": ([paid(-60, 100), updated("2062-11-27T12:00:00Z", 40), updated(50, 30, arrives=60)], 30),
    "one-odd-line": ([paid(DAY, 100, items=[{"quantity": -1, "unit_price": "-2"}, {"sku": "s"}])], 100),
}  # fmt: skip


@pytest.mark.parametrize(("posts", "net"), CASES.values(), ids=CASES)
def test_an_order_ends_as_a_clerk_would_say(posts: list[Post], net: int) -> None:
    events = [post.read(place).event for place, post in enumerate(posts)]

    for arrived in permutations(events):
        assert worths(arrived) == {Decimal(net)}


@pytest.mark.parametrize("hours", [-1, 0, 1, 47.9])
def test_what_customers_see_is_never_ahead_of_our_clock(hours: float) -> None:
    candidate = paid(hours * 3600, 100).read(0)

    assert candidate.event.time == min(NOW, NOW + timedelta(hours=hours))
    assert candidate.event.data.version == to_us(NOW + timedelta(hours=hours))
    assert (candidate.event.data.written_at is None) == (hours <= 0)
    assert candidate.code is None


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "2027-11-27T12:00:00Z", "2026-11-29T12:00:01Z"])
def test_a_time_too_far_ahead_counts_as_now_with_a_note(time: str) -> None:
    candidate = paid(time, 100).read(0)

    assert (candidate.event.time, candidate.event.data.version) == (NOW, to_us(NOW))
    assert candidate.event.data.written_at is None
    assert (candidate.code, "48 hours" in (candidate.detail or "")) == ("data_ignored", True)


POSTS = st.lists(
    st.builds(
        Post,
        st.sampled_from(["order.placed", "order.paid", "order.paid", "order.updated"]),
        st.sampled_from([-60.0, 0.0, 1.0, 2.0, 90.0, 10_000.0]),
        st.builds(
            total,
            st.sampled_from([10, 40, "100.5"]),
            version=st.sampled_from([None, None, 1, 2, 3, "3"]),
            status=st.sampled_from([None, None, "paid", "on-hold", "canceled", "refunded", "?"]),
        ),
        st.sampled_from([0.0, 1.0, 60.0]),
    )
    | st.builds(
        cancelled,
        st.sampled_from([-60.0, 0.0, 1.0, 2.0, 90.0]),
        arrives=st.sampled_from([0.0, 1.0, 60.0]),
        version=st.sampled_from([None, None, 1, 2, 3]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(POSTS, st.data())
def test_what_is_written_decides_and_not_when_or_in_which_order_it_arrives(posts: list[Post], data: Any) -> None:
    posts = [paid(-90, 70), *posts]
    together = worths([post._replace(arrives=0).read(place).event for place, post in enumerate(posts)])
    apart = [post.read(place).event for place, post in enumerate(posts)]

    assert len(together) == 1
    assert worths(data.draw(st.permutations(apart))) == together
