"""Signals are sets: in any order, repeated, and put together from several customers they are the same bytes."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import events
from builders.events import event
from churn.domain.signals.experience import FACTS_MAX, SECOND_US, WORDS, WORDS_KEPT, Fact, Felt, fact, felt, newest
from churn.domain.signals.noted import noted
from churn.domain.signals.state import (
    NOTHING,
    Signals,
    as_one_person,
    known_by,
    pack_signals,
    united,
    unpack_signals,
    with_fact,
    with_visit,
)
from churn.domain.signals.visited import WINDOW_DAYS, decayed, until, visited_on
from harness.hearing import DAY, DAY_US, DAYS, FACTS, signals
from mandegar.events.ingest import (
    Interaction,
    OrderCancelled,
    OrderDelivered,
    OrderMoved,
    RefundIssued,
    ReviewSubmitted,
    SurveyResponded,
    TicketChanged,
)
from mandegar.events.promises import PromiseMade, PromiseSettled

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(DAYS, st.lists(FACTS, max_size=2 * FACTS_MAX), st.randoms())
def test_any_order_repetition_and_merge_ends_in_the_same_bytes(
    days: list[int], facts: list[Fact], chance: random.Random
) -> None:
    def told(to: bytes, one: int | Fact) -> bytes:
        return with_visit(to, one * DAY_US) if isinstance(one, int) else with_fact(to, one)

    every: list[int | Fact] = [*days, *facts]
    once = b""
    for one in every:
        once = told(once, one)
    people = [b"", b"", b""]
    for one in chance.sample(every * 2, 2 * len(every)):
        number = chance.randrange(3)
        people[number] = told(people[number], one)
    chance.shuffle(people)
    assert united(people[0], united(people[1], people[2])) == once
    assert pack_signals(unpack_signals(once)) == once


@given(DAYS, st.integers(DAY - 70, DAY + 310))
def test_visits_are_the_days_of_the_last_window_and_known_as_of_any_day(days: list[int], day: int) -> None:
    visited = visited_on(days)
    kept = sorted({each for each in days if each > max(days) - WINDOW_DAYS}) if days else []

    assert sorted(visited.days()) == kept
    assert sorted(until(visited, day).days()) == [each for each in kept if each <= day]
    assert visited.number == len(kept)
    if kept:
        assert visited.span_days == kept[-1] - kept[0]
        assert decayed(visited) == pytest.approx(sum(2 ** ((each - kept[-1]) / 14) for each in kept), rel=1e-12)


@given(signals(), st.integers(DAY - 70, DAY + 310))
def test_what_was_known_at_an_instant_has_nothing_later_but_what_was_promised(found: Signals, day: int) -> None:
    known = known_by(found, day * DAY_US)

    assert all(visited <= day for visited in known.visited.days())
    later = [each for each in known.facts if each.at * SECOND_US > day * DAY_US]
    assert {each.kind for each in later} <= {"promised", "delivery_promised"}


def test_what_became_of_an_order_that_moved_is_no_longer_the_customers_until_both_are_one() -> None:
    moved = fact("moved", NOON_US + DAY_US, key="o")
    theirs = [fact("returned", NOON_US + 2 * DAY_US, 0.5, "o r", "o"), fact("delivered", NOON_US, key="o"), moved]
    promise = fact("delivery_promised", NOON_US + DAY_US // 2, key="p", order="o")
    data = b""
    for one in (*theirs, promise, fact("returned", NOON_US, 0.5, "other")):
        data = with_fact(data, one)

    found = felt(unpack_signals(data).facts)
    assert [(each.cause, each.eased_us) for each in found] == [("returned_order", None), ("late_delivery", None)]
    assert found[0].at_us == NOON_US
    united_again = felt(unpack_signals(as_one_person(data, b"")).facts)
    assert [each.cause for each in united_again] == ["returned_order", "returned_order"]


def test_who_has_no_signals_pays_no_byte_and_one_visit_four() -> None:
    assert pack_signals(NOTHING) == b""
    assert unpack_signals(b"") == NOTHING
    assert len(with_visit(b"", NOON_US)) == 4
    assert len(pack_signals(Signals(visited_on(range(DAY, DAY + WINDOW_DAYS))))) == 3 + WINDOW_DAYS // 8
    assert len(with_fact(b"", fact("returned", NOON_US))) == 3 + 18


NOON_US = int(NOON.timestamp()) * SECOND_US
NOON_OF_EVENTS = int(events.NOON.timestamp()) * SECOND_US
HOUR_US = 3600 * SECOND_US


def told(*facts: Fact | None) -> list[Felt]:
    return felt(newest(each for each in facts if each is not None))


def test_a_promise_is_broken_when_it_was_due_unless_it_was_kept_by_then() -> None:
    due = fact("delivery_promised", NOON_US, key="p", order="o")

    assert told(due) == [Felt(NOON_US, "late_delivery", -1.0)]
    assert told(due, fact("promise_kept", NOON_US - HOUR_US, key="p")) == []
    assert told(due, fact("delivered", NOON_US, key="o")) == []
    assert told(due, fact("delivered", NOON_US, key="another")) == [Felt(NOON_US, "late_delivery", -1.0)]
    late = told(due, fact("delivered", NOON_US + HOUR_US, key="o"))
    assert late == [Felt(NOON_US, "late_delivery", -1.0, NOON_US + HOUR_US)]
    assert late[0].strength_known == -0.5


def test_a_promise_that_is_said_to_be_broken_is_broken_then_and_once() -> None:
    due = fact("promised", NOON_US, key="p")
    broken = fact("promise_broken", NOON_US - HOUR_US, key="p")

    assert told(due, broken) == [Felt(NOON_US - HOUR_US, "broken_promise", -1.0)]
    assert told(broken) == [Felt(NOON_US - HOUR_US, "broken_promise", -1.0)]


def test_a_ticket_counts_for_half_once_it_is_answered_or_closed() -> None:
    opened = fact("ticket_opened", NOON_US, 0.6, "t")
    for kind in ("ticket_answered", "ticket_closed"):
        [one] = told(opened, fact(kind, NOON_US + HOUR_US, key="t"))  # type: ignore[arg-type]
        assert one.strength_known == -0.3
    [one] = told(opened, fact("ticket_answered", NOON_US + HOUR_US, key="another"))
    assert one.strength_known == -0.6


@pytest.mark.parametrize(
    ("type_", "data", "cause", "strength"),
    [
        ("review.submitted", ReviewSubmitted(product_id="p", rating=1), "low_review", -1.0),
        ("review.submitted", ReviewSubmitted(product_id="p", rating=2), "low_review", -0.5),
        ("review.submitted", ReviewSubmitted(product_id="p", rating=20, rating_scale=100), "low_review", -1.0),
        ("review.submitted", ReviewSubmitted(product_id="p", rating=5, sentiment=-1.0), "good_review", 1.0),
        ("review.submitted", ReviewSubmitted(product_id="p", rating=3, sentiment=-1.0), "low_review", -0.49),
        ("survey.responded", SurveyResponded(survey_id="s", kind="nps", score=0), "low_survey_score", -1.0),
        ("survey.responded", SurveyResponded(survey_id="s", kind="nps", score=10), "high_survey_score", 1.5),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=0), "low_survey_score", -1.0),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=5), "low_survey_score", -0.9),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=25), "low_survey_score", -0.5),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=75), "high_survey_score", 0.5),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=100), "high_survey_score", 1.0),
        ("ticket.opened", TicketChanged(ticket_id="t"), "unanswered_ticket", -0.6),
        ("ticket.opened", TicketChanged(ticket_id="t", sentiment=-1.0), "unanswered_ticket", -1.0),
        ("order.cancelled", OrderCancelled(order_id="o", version=1, cancelled_by="shop"), "cancelled_by_shop", -1.0),
        ("promise.broken", PromiseSettled(promise_id="p"), "broken_promise", -1.0),
    ],
)
def test_an_event_is_told_with_its_strength(type_: str, data: Any, cause: str, strength: float) -> None:
    [one] = felt(unpack_signals(noted(b"", event(type_, data))).facts)

    assert (one.cause, one.strength) == (cause, strength)


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("review.submitted", ReviewSubmitted(product_id="p", rating=3)),
        ("review.submitted", ReviewSubmitted(product_id="p", rating=float("nan"))),
        ("review.submitted", ReviewSubmitted(product_id="p", rating=float("inf"))),
        ("survey.responded", SurveyResponded(survey_id="s", kind="nps", score=7)),
        ("survey.responded", SurveyResponded(survey_id="s", kind="nps", score=1e15)),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=float("nan"))),
        ("survey.responded", SurveyResponded(survey_id="s", kind="csat", score=50)),
        ("survey.responded", SurveyResponded(survey_id="s", kind="ces", score=2)),
        ("order.cancelled", OrderCancelled(order_id="o", version=1, cancelled_by="customer")),
        ("order.cancelled", OrderCancelled(order_id="o", version=1)),
    ],
)
def test_what_says_nothing_is_not_told(type_: str, data: Any) -> None:
    assert felt(unpack_signals(noted(b"", event(type_, data))).facts) == []


def test_a_visit_is_a_day_however_often_it_is_made() -> None:
    once = noted(b"", event("product.viewed", Interaction(), name="one"))

    assert noted(once, event("product.searched", Interaction(), name="two", hours=1)) == once
    assert noted(once, event("product.viewed", Interaction(), name="three", hours=30)) != once


def test_a_promise_is_due_when_it_says_so() -> None:
    due_at = NOON + timedelta(days=3)
    made = event("promise.made", PromiseMade(promise_id="p", kind="call_back", due_at=due_at))

    assert felt(unpack_signals(noted(b"", made)).facts) == [Felt(NOON_US + 3 * DAY_US, "broken_promise", -1.0)]


def test_only_the_newest_facts_are_kept() -> None:
    data = b""
    for day in range(10_000):
        data = with_fact(data, fact("returned", NOON_US + day * DAY_US, key=str(day)))
    assert len(data) == 3 + 18 * FACTS_MAX


@given(st.lists(FACTS, max_size=3 * FACTS_MAX), st.integers(1, WORDS_KEPT), st.randoms())
def test_an_open_ticket_and_the_last_words_are_not_pushed_out_by_deliveries(
    others: list[Fact], words: int, chance: random.Random
) -> None:
    spoken = [fact("praised", NOON_US + number, 1.0, str(number)) for number in range(words)]
    talked = [fact("ticket_opened", NOON_US, 0.6, "t"), fact("ticket_opened", NOON_US, 0.6, "shut")]
    talked.append(fact("ticket_closed", NOON_US + HOUR_US, 1.0, "shut"))
    silent = [one for one in others if one.kind not in WORDS and not one.kind.startswith("ticket")]
    every = [*spoken, *talked, *(fact("delivered", NOON_US + n * DAY_US, key=str(n)) for n in range(30)), *silent]
    data = b""
    for one in chance.sample(every * 2, 2 * len(every)):
        data = with_fact(data, one)
    kept = unpack_signals(data).facts

    assert {*spoken, *talked} <= {*kept}
    assert len([one for one in kept if one.kind != "carted"]) == FACTS_MAX
    assert kept == newest(one for one in every if one is not None)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.booleans()), max_size=40), st.randoms())
def test_a_ticket_that_was_closed_is_never_open_again(
    tickets: list[tuple[int, int, bool]], chance: random.Random
) -> None:
    facts: list[Fact | None] = []
    for number, (day, days, is_closed) in enumerate(tickets):
        facts.append(fact("ticket_opened", NOON_US + day * DAY_US, 0.6, str(number)))
        at = NOON_US + (day + days) * DAY_US
        if is_closed:
            facts += [fact("ticket_answered", at, 1.0, str(number)), fact("ticket_closed", at, 1.0, str(number))]
        facts.append(fact("delivered", at, key=str(number)))
    data = b""
    for one in chance.sample(facts, len(facts)):
        data = with_fact(data, one)

    kept = {(one.kind, one.key) for one in unpack_signals(data).facts}
    ended = {one.key for one in facts if one is not None and one.kind == "ticket_closed"}
    assert all(("ticket_closed", key) in kept for kind, key in kept if kind == "ticket_opened" and key in ended)


def test_of_two_promises_for_one_day_one_may_be_kept_too_late_and_the_other_not_at_all() -> None:
    due = [fact("delivery_promised", NOON_US, key=key, order=key) for key in "ab"]

    late = told(*due, fact("delivered", NOON_US + HOUR_US, key="b"))
    assert [one.eased_us for one in late] == [NOON_US + HOUR_US, None]


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("refund.issued", RefundIssued(refund_id="r", order_id="o", currency="EUR", amount=Decimal(5))),
        ("order.cancelled", OrderCancelled(order_id="o", version=1, cancelled_by="shop")),
        ("promise.broken", PromiseSettled(promise_id="p")),
    ],
)
def test_what_is_stated_again_later_has_happened_once(type_: str, data: Any) -> None:
    once = noted(b"", event(type_, data, name="one"))
    again = noted(once, event(type_, data, name="two", hours=3))

    assert felt(unpack_signals(again).facts) == felt(unpack_signals(once).facts)


def test_two_refunds_of_an_order_are_two() -> None:
    data = b""
    for number in range(2):
        refund = RefundIssued(refund_id=f"r{number}", order_id="o", currency="EUR", amount=Decimal(5))
        data = noted(data, event("refund.issued", refund, name=f"r{number}"))
    assert [one.strength for one in felt(unpack_signals(data).facts)] == [-0.5, -0.5]


@pytest.mark.parametrize(("cancelled_by", "causes"), [("customer", []), (None, []), ("shop", ["cancelled_by_shop"])])
def test_nobody_waits_for_the_delivery_of_an_order_that_was_cancelled(cancelled_by: Any, causes: list[str]) -> None:
    due_at = NOON + timedelta(days=3)
    made = event("promise.made", PromiseMade(promise_id="p", kind="delivery", due_at=due_at, order_id="o"))
    cancelled = event("order.cancelled", OrderCancelled(order_id="o", version=1, cancelled_by=cancelled_by), days=1)

    assert [one.cause for one in felt(unpack_signals(noted(noted(b"", made), cancelled)).facts)] == causes


def test_a_promise_that_was_kept_stays_kept_however_much_happens_until_it_was_due() -> None:
    made = PromiseMade(promise_id="p", kind="call_back", due_at=NOON + timedelta(days=300))
    data = noted(b"", event("promise.made", made))
    data = noted(data, event("promise.kept", PromiseSettled(promise_id="p"), days=1))
    for day in range(2, 2 + FACTS_MAX):
        data = noted(data, event("order.delivered", OrderDelivered(order_id=str(day)), days=day))

    assert felt(unpack_signals(data).facts) == []


def test_a_promise_is_known_since_it_was_made() -> None:
    made = PromiseMade(promise_id="p", kind="call_back", due_at=NOON + timedelta(days=30))
    found = unpack_signals(noted(b"", event("promise.made", made, days=2)))

    assert known_by(found, NOON_OF_EVENTS + DAY_US).facts == ()
    assert known_by(found, NOON_OF_EVENTS + 2 * DAY_US) == found


def test_a_promise_that_is_stated_again_is_one() -> None:
    made = PromiseMade(promise_id="p", kind="call_back", due_at=NOON + timedelta(days=30))
    data = noted(noted(b"", event("promise.made", made)), event("promise.made", made, hours=1))

    assert len(felt(unpack_signals(data).facts)) == 1


def test_nobody_waits_for_an_order_that_has_moved_to_somebody_else() -> None:
    due_at = NOON + timedelta(days=3)
    made = event("promise.made", PromiseMade(promise_id="p", kind="delivery", due_at=due_at, order_id="o"))
    moved = event("order.moved", OrderMoved(order_id="o", to="d"), days=1)

    assert felt(unpack_signals(noted(noted(b"", made), moved)).facts) == []
