"""A rebuild reads what became of an adjustment under two customers' keys in any order, and finds one state."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from msgspec import structs

from loyalty.adjustments.events import adjusted_event
from loyalty.adjustments.rebuild import row_after
from loyalty.adjustments.rows import AdjustmentRow
from loyalty.adjustments.rules import APPLIED, REFUSED, WAITING, Person
from mandegar.events import Event

ASKED = datetime(2026, 3, 1, tzinfo=UTC)
AUTHOR, SECOND = Person("key-1", "a", "a"), Person("key-1", "b", "b")


def row_of(state: str) -> AdjustmentRow:
    return AdjustmentRow(
        shop="shop",
        adjustment_id=UUID(int=7),
        customer_id="g_1",
        state=state,
        points=-900,
        reason="correction",
        note="",
        last_day=None,
        allow_debt=False,
        author_key=AUTHOR.key_id,
        author=AUTHOR.subject,
        asked_at=ASKED,
    )


def rebuilt(events: tuple[Event, ...]) -> AdjustmentRow | None:
    row = None
    for event in events:
        row = row_after(row, event)
    return row and structs.replace(row, customer_id="g_1")  # the merge moves it


@pytest.mark.parametrize("state", [APPLIED, REFUSED])
def test_a_decision_that_is_read_before_the_request_stands_and_names_nobody_as_the_author(state):
    decided_at = ASKED + timedelta(hours=1)
    asked = adjusted_event(row_of(WAITING), ASKED, AUTHOR)
    decided = adjusted_event(structs.replace(row_of(state), customer_id="c-1"), decided_at, SECOND)
    due = structs.replace(row_of(state), decided_key="key-1", decided_by="b", decided_at=decided_at)
    for events in [*permutations([asked, decided]), *permutations([asked, decided, asked, decided])]:
        assert rebuilt(events) == due


def test_what_needed_no_second_person_has_its_author_and_no_decision():
    event = adjusted_event(row_of(APPLIED), ASKED, AUTHOR)
    assert rebuilt((event, event)) == row_of(APPLIED)


def test_what_waits_is_still_to_be_decided_about():
    assert rebuilt((adjusted_event(row_of(WAITING), ASKED, AUTHOR),)) == row_of(WAITING)
