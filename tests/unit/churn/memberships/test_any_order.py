"""In whatever order facts arrive, repeated or not, and whenever customers are settled: one membership in the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.customers import viewed
from builders.events import NOON, event
from builders.orders import cancelled, paid, refund
from churn.customers.advance import apply_acts, settle_one
from churn.domain.customer import Customer, Terms
from churn.domain.model import prior_model
from churn.domain.segments.facts import Lines
from churn.memberships.built_in import built_in_documents
from churn.memberships.definitions import Definition, Definitions, StoredSegment, definition_of
from churn.memberships.follow import Memberships
from churn.memberships.states import State
from mandegar.calendar import shop_days
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import Interaction, SurveyResponded, TicketChanged

KEY = CustomerKey("s", "c")
TERMS = Terms(prior_model(), shop_days("Asia/Tehran"), "IRR")
END = NOON + timedelta(days=400)
OWN = {
    "quiet": "{last_order: {days_ago: {at_least: 20, at_most: 90}}, orders: {at_least: 2}}",
    "this_month": "{any: [{first_order: {months_ago: 0}}, {last_order: {months_ago: 0, calendar: jalali}}]}",
    "good": "{total: {at_least: 30}, not: {mean_order: {less_than: 12}}}",
    "silent": "{visits: 0, orders: {at_least: 1}}",
    "looked": "{last_visit: {days_ago: {at_most: 40}}, not: {last_complaint: {days_ago: {at_most: 7}}}}",
    "near": "{stage: [decision, advocacy]}",
    "long_there": "{in_band_since: {days_ago: {more_than: 30}}, lifecycle: [cooling, lost, won_back]}",
}


def definition(name: str, document: str, generation: int) -> Definition:
    return definition_of(StoredSegment(name, 1, document, generation, announced=False))


def definitions() -> Definitions:
    segments = [definition(name, f"version: 1\ncustomers: {condition}", 1) for name, condition in OWN.items()]
    segments += [definition(name, document, 0) for name, document in built_in_documents().items()]
    sources = frozenset(source for segment in segments for source in segment.condition.sources)
    return Definitions(1, True, Lines(3, 150_000, 400_000), tuple(segments), sources, NOON - timedelta(days=400))


SEGMENTS = definitions()


class Lived:
    """A customer and their memberships, in memory, and what was published of them."""

    def __init__(self) -> None:
        self.customer = Customer(*KEY, 0)
        self.states: dict[CustomerKey, State] = {}
        self.heard: set[object] = set()
        self.published: list[Event] = []

    def apply(self, acts: Sequence[Event], now: datetime) -> None:
        new = [act for act in acts if act.id not in self.heard]
        if not new:
            return
        self.heard |= {act.id for act in new}
        first = {KEY} if self.customer.last_event_at is None else set()
        memberships = self._memberships(first, now)
        memberships.note(self.customer, TERMS)
        changes = apply_acts(self.customer, new, TERMS, now)
        self.published += memberships.follow(self.customer, new, changes, TERMS)

    def settle(self, until: datetime) -> None:
        """Settle at each instant at which the customer is due, up to one."""
        while self.customer.due_at is not None and self.customer.due_at <= until:
            self.settle_late(self.customer.due_at)

    def settle_late(self, now: datetime) -> None:
        memberships = self._memberships(set(), now)
        memberships.note(self.customer, TERMS)
        changes = settle_one(self.customer, TERMS, now)
        self.published += memberships.follow(self.customer, (), changes, TERMS)

    @property
    def state(self) -> State:
        return self.states.setdefault(KEY, State(*KEY))

    def _memberships(self, new: set[CustomerKey], now: datetime) -> Memberships:
        state = self.state
        assert state is self.states[KEY]
        return Memberships({"s": SEGMENTS}, self.states, {}, new, now)


AT = st.floats(-300, 0).map(lambda days: round(days, 2))
ORDER = st.sampled_from(["a", "b", "d", "e"])


@st.composite
def facts(draw: st.DrawFn) -> list[Event]:
    told = []
    for number in range(draw(st.integers(1, 9))):
        more = {"name": str(number), "days": draw(AT)}
        order_id = draw(ORDER)
        told.append(
            draw(
                st.sampled_from([
                    paid(order_id, 10 + number, **more),
                    paid(f"{order_id}{number}", 25, **more),
                    refund(order_id, 9, f"r{number}", **more),
                    cancelled(order_id, version=2, **more),
                    viewed(**more),
                    event("ticket.opened", TicketChanged(ticket_id="t"), **more),
                    event("cart.updated", Interaction(), **more),
                    event("survey.responded", SurveyResponded(survey_id="s", kind="nps", score=10), **more),
                ])
            )
        )  # fmt: skip
    return told


@settings(max_examples=150, deadline=None)
@given(facts(), st.data())
def test_any_order_of_facts_and_any_moments_of_settling_end_in_one_membership(story, data):
    at_once, slow = Lived(), Lived()
    at_once.apply(story, NOON)
    at_once.settle(END)

    slow_story = data.draw(st.permutations(story + story[:2]))
    now = NOON
    while slow_story:
        size = data.draw(st.integers(1, 3))
        batch, slow_story = slow_story[:size], slow_story[size:]
        slow.apply(batch, now)
        now += timedelta(days=data.draw(st.sampled_from([0, 0.01, 1, 30])))
        if data.draw(st.booleans()):
            slow.settle(now)
        elif slow.customer.due_at is not None and slow.customer.due_at <= now:
            slow.settle_late(now)
    slow.settle(END)

    assert slow.state.members.keys() == at_once.state.members.keys()
    assert slow.state.due_at == at_once.state.due_at
    assert slow.customer.due_at == at_once.customer.due_at
    assert slow.state.complained_at == at_once.state.complained_at
    assert slow.customer.lifecycle == at_once.customer.lifecycle
    assert slow.customer.stage == at_once.customer.stage


@settings(max_examples=100, deadline=None)
@given(facts(), st.data())
def test_what_is_published_adds_up_to_the_membership(story, data):
    lived, now = Lived(), NOON
    for fact in story:
        lived.apply([fact], now)
        now += timedelta(days=data.draw(st.sampled_from([0, 5, 40])))
        lived.settle(now)
    lived.settle(END)

    members: set[str] = set()
    for told in lived.published:
        if told.type == "segment.entered":
            assert told.data.segment not in members
            members.add(told.data.segment)
        elif told.type == "segment.left":
            members.remove(told.data.segment)
    assert members == lived.state.members.keys() & OWN.keys()
    assert len({told.id for told in lived.published}) == len(lived.published)


def test_settled_late_or_in_time_a_membership_began_at_the_same_instant():
    in_time, late = Lived(), Lived()
    for lived in (in_time, late):
        lived.apply([paid("a", days=-2), paid("b", days=-1)], NOON)
    in_time.settle(NOON + timedelta(days=30))
    late.settle_late(NOON + timedelta(days=30))

    assert in_time.state.members["quiet"] == late.state.members["quiet"]


@pytest.mark.parametrize("name", sorted(built_in_documents()))
def test_no_built_in_segment_is_published(name):
    assert not next(segment for segment in SEGMENTS.segments if segment.name == name).publish
