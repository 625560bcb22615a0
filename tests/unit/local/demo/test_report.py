"""The sentences of the demo's report."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mandegar_local.demo.report import (
    at_risk_table,
    clock_line,
    how_to_ask,
    messages_table,
    segments_table,
    when_messages_go_out,
    why_messages_are_withheld,
)
from mandegar_local.stack_clock import StackClock


def count(messages: int, next_at: str | None) -> dict[str, object]:
    return {"messages": messages, "next_at": next_at}


def test_a_demo_at_night_tells_when_its_messages_go_out():
    counts = [count(2, "2026-11-29T06:00:00Z"), count(1, "2026-11-29T05:30:00Z"), count(5, None)]

    assert when_messages_go_out(counts) == (
        "3 messages wait; the first is due at 09:00 on 29 November in Asia/Tehran, by the stack's clock."
    )


@pytest.mark.parametrize("counts", [[], [count(5, None)]])
def test_nothing_is_told_where_no_message_waits(counts):
    assert when_messages_go_out(counts) is None


def test_messages_that_come_too_late_are_told_kindly():
    late = {"journey": "at_risk_offer", "channel": "email", "state": "withheld", "reason": "too_late", "messages": 167}
    counts = [{**late, "rule": "its deadline has passed"}, {**late, "reason": "no_consent", "rule": "not agreed"}]

    told = why_messages_are_withheld(counts)
    assert told is not None
    assert told.startswith("167 messages were withheld on purpose")
    assert why_messages_are_withheld(counts[1:]) is None
    reasons = list(messages_table(counts).columns[4].cells)
    assert sorted(reasons) == ["long past when the history was posted (see below)", "not agreed"]


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(0), "08:30:00 UTC on 28 November 2026."),
        (timedelta(hours=11, minutes=33), ", 11 h 33 min ahead of the machine's."),
        (timedelta(minutes=-5), ", 0 h 5 min behind the machine's."),
        (timedelta(days=-6), ", 6 days behind the machine's."),
    ],
)
def test_the_demo_says_by_which_clock_it_lives(ahead, said):
    shown = datetime(2026, 11, 28, 8, 30, tzinfo=UTC)
    line = clock_line(StackClock(Path("clock"), shown, (shown - ahead).timestamp()), (shown - ahead).timestamp())

    assert said in line
    assert "In Asia/Tehran it shows 12:00." in line


def test_a_customer_of_others_at_risk_is_shown_without_a_name():
    customers = [
        {"customer_id": each, "risk": 0.8, "value_at_risk": "5", "reasons": []} for each in ("c-1", "sara-1", "c-99999")
    ]
    first, *others = at_risk_table(customers).columns[0].cells
    assert str(first).startswith("c-1 ")
    assert others == ["sara-1", "c-99999"]


def test_segments_are_shown_from_the_largest_and_without_the_empty_ones():
    sizes = {"cooling": 2, "lost": 30, "champions": 2, "new": 0}
    rows = segments_table([{"name": name, "customers": size, "description": "…"} for name, size in sizes.items()])
    assert [*rows.columns[0].cells] == ["lost", "champions", "cooling"]


def test_what_a_browser_cannot_open_is_told_as_a_command_with_its_token():
    told = how_to_ask("c-761")
    assert 'curl -s "$CHURN/v1/customers/c-761" -H "Authorization: Bearer $TOKEN"' in told
    assert "mandegar env" in told
