"""The sentences of the demo's report."""

import pytest

from mandegar_local.demo.report import when_messages_go_out


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
