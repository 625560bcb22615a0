"""The verdict: which counts agree, and which do not."""

import pytest

from mandegar_local.demo import reconcile
from mandegar_local.demo.club import Club
from mandegar_local.demo.door import Answers
from mandegar_local.demo.live_events import LiveEvent
from mandegar_local.demo.points import sums_of


def stream(applied, *, dead_letters=0):
    groups = {group: {"applied": counts, "lag_records": 0} for group, counts in applied.items()}
    return {"groups": groups, "outbox": {"rows": 0}, "dead_letters": dead_letters}


def streams(**changes):
    both = {"order.paid": 3, "refund.issued": 1}
    said = {
        "ingest": stream({}),
        "loyalty": stream({"loyalty": both}),
        "churn": stream({"churn": both, "churn.card": {"points.posted": 7}}),
        "notify": stream({"notify": {"order.paid": 3, "points.posted": 7}}),
    }
    return said | changes


def broken(findings):
    return [finding.what for finding in findings if not finding.holds]


def count(channel, state, messages):
    return {"channel": channel, "state": state, "messages": messages}


ACCEPTED = {"order.paid": 3, "refund.issued": 1}


def test_services_that_applied_what_was_accepted_agree():
    assert broken(reconcile.of_the_stream(ACCEPTED, streams())) == []


@pytest.mark.parametrize("applied", [2, 4])
def test_a_lost_and_a_doubled_event_are_found(applied):
    said = streams(loyalty=stream({"loyalty": {"order.paid": applied, "refund.issued": 1}}))

    assert broken(reconcile.of_the_stream(ACCEPTED, said)) == ["loyalty applied order.paid"]


def of_everybody(orders: int, refunds: int, **changes: int) -> dict[str, dict[str, object]]:
    """What the services count after the demo and others have posted."""
    counts = {"order.paid": orders, "refund.issued": refunds}
    applied = {service: {**counts, **changes.get(service, {})} for service in ("loyalty", "churn", "notify")}
    return streams(**{service: stream({service: counts}) for service, counts in applied.items()})


@pytest.mark.parametrize(("orders", "refunds"), [(1, 0), (6, 60), (67, 1)])
def test_what_others_have_posted_is_not_held_against_the_demo(orders, refunds):
    findings = reconcile.of_the_stream(ACCEPTED, of_everybody(3 + orders, 1 + refunds))
    of_orders = [finding for finding in findings if "order.paid" in finding.what]

    assert [finding.what for finding in findings if not finding.holds and "points" not in finding.what] == []
    assert {finding.found for finding in of_orders} == {f"{3 + orders:,}"}


@pytest.mark.parametrize("wrong", [-1, 1])
@pytest.mark.parametrize("service", ["loyalty", "churn", "notify"])
def test_a_lost_and_a_doubled_event_are_found_among_those_of_others(service, wrong):
    said = of_everybody(9, 1, **{service: {"order.paid": 9 + wrong}})
    assert any("order.paid" in what for what in broken(reconcile.of_the_stream(ACCEPTED, said)))


def test_a_dead_letter_is_found():
    said = streams(ingest=stream({}, dead_letters=1))

    assert broken(reconcile.of_the_stream(ACCEPTED, said)) == ["dead letters"]
    assert broken(reconcile.of_the_stream(ACCEPTED, said, letters_before=1)) == []


def test_customers_of_others_are_not_counted_as_the_demos():
    assert broken(reconcile.of_the_bands({"c-1": 1, "c-2": 1, "sara-1": 1}, ["c-1", "c-2"])) == []
    assert broken(reconcile.of_the_bands({"c-1": 1, "sara-1": 1}, ["c-1", "c-2"])) == ["customers in a band"]


def test_messages_of_other_shops_are_not_counted_as_the_demos():
    counts = [count("email", "sent", 5), count("sms", "sent", 2)]
    assert broken(reconcile.of_the_sinks(counts, 9, 2, of_others={"email": 4, "sms": 0})) == []
    assert len(broken(reconcile.of_the_sinks(counts, 9, 2))) == 1


def test_an_event_without_one_of_the_four_answers_is_found():
    answers = Answers()
    answers.note({"id": "a", "type": "order.paid"}, {"status": "accepted"})
    assert broken(reconcile.of_the_door("live", answers)) == []

    answers.note({"id": "b", "type": "order.paid"}, {"status": "lost"})
    assert len(broken(reconcile.of_the_door("live", answers))) == 1


def test_what_an_earlier_run_had_accepted_is_a_duplicate_now():
    assert broken(reconcile.of_live([LiveEvent("an order", "accepted", {"status": "duplicate"})])) == []
    assert broken(reconcile.of_live([LiveEvent("no JSON", "rejected", {"status": "accepted"})])) == ["live: no JSON"]


@pytest.mark.parametrize(("arrived", "holds"), [(4, False), (5, True), (6, True), (7, False)])
def test_of_messages_that_nobody_knows_of_any_number_may_have_arrived(arrived, holds):
    counts = [count("email", "sent", 5), count("email", "unknown", 1), count("email", "withheld", 9)]

    found = reconcile.of_the_sinks(counts, arrived, 0)

    assert [finding.holds for finding in found] == [holds, True]


def test_a_ledger_adds_up_to_its_balance():
    ledger = [
        {"kind": "earn", "bucket": "pending", "points": 100},
        {"kind": "reverse", "bucket": "pending", "points": -20},
        {"kind": "activate", "bucket": "available", "points": 80},
        {"kind": "expire", "bucket": "available", "points": -30},
        {"kind": "reverse", "bucket": "available", "points": -50},
        {"kind": "reverse", "bucket": "debt", "points": -10},
        {"kind": "earn", "bucket": "pending", "points": 40},
        {"kind": "activate", "bucket": "available", "points": 40},
        {"kind": "repay", "bucket": "available", "points": -10},
    ]

    assert sums_of(ledger) == {"available": 30, "pending": 0, "held": 0, "debt": 0, "lifetime": 60}


def test_what_is_reserved_spent_and_released_adds_up():
    ledger = [
        {"kind": "open", "bucket": "available", "points": 100},
        {"kind": "hold", "bucket": "held", "points": 70},
        {"kind": "spend", "bucket": "held", "points": -40},
        {"kind": "release", "bucket": "available", "points": 20},
        {"kind": "spend", "bucket": "available", "points": 5},
        {"kind": "hold", "bucket": "debt", "points": 3},
    ]

    assert sums_of(ledger) == {"available": 55, "pending": 0, "held": 13, "debt": 3, "lifetime": 100}


@pytest.mark.parametrize(("of_referrer", "of_friend", "completed", "hold"), [
    (200, 100, [{}], True), (0, 100, [{}], False), (200, 200, [{}], False), (200, 100, [], False),
])  # fmt: skip
def test_a_club_without_its_points_is_found(of_referrer, of_friend, completed, hold):
    club = Club("", {"points": of_referrer}, {"points": of_friend}, {"completed": completed})

    assert all(finding.holds for finding in reconcile.of_the_club(club)) == hold
