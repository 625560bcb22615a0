"""Segments follow stages: the end of one is on the timer, and a membership is dated by what its condition reads."""

from datetime import timedelta

import pytest

from builders.customers import viewed
from builders.events import NOON, event
from builders.models import model_of
from builders.orders import paid
from churn.memberships.states import Since
from mandegar.events import Event
from mandegar.events.ingest import TicketChanged
from unit.churn.memberships import test_any_order
from unit.churn.memberships.test_any_order import TERMS, Lived, definition

QUIET = "version: 1\ncustomers: {stage: loyalty}"


def ticket(kind: str, id_: str, days: float) -> Event:
    return event(f"ticket.{kind}", TicketChanged(ticket_id=id_), days=days, name=f"{kind} {id_}")


def test_a_stage_whose_end_a_closed_ticket_brings_nearer_ends_then(monkeypatch: pytest.MonkeyPatch) -> None:
    of = test_any_order.SEGMENTS._replace(segments=(definition("loyal", QUIET, 1),), sources=frozenset({"stage"}))
    monkeypatch.setattr(test_any_order, "SEGMENTS", of)
    lived = Lived()
    opened = [ticket("opened", "a", 10), ticket("opened", "b", 30)]
    for act in (paid("o", days=-100), paid("p", days=9), *opened, ticket("closed", "b", 31)):
        lived.settle(act.time)
        lived.apply([act], act.time)
    lived.settle(NOON + timedelta(days=45))

    told = [each for each in lived.published if each.type == "stage.changed"][-1]
    assert (told.data.stage, told.data.previous) == ("loyalty", "service")
    assert told.time == told.recorded_time
    assert timedelta(days=40) < told.time - NOON < timedelta(days=41)


def test_a_change_of_band_dates_what_reads_the_band_and_one_of_stage_what_reads_the_stage() -> None:
    since = Since(None, 10, 20)

    assert [since.of(each) for each in ({"band"}, {"stage"}, {"band", "stage"}, {"orders"})] == [10, 20, 20, None]
    assert since._replace(act_us=30).of({"band"}) == 30


BOUGHT_TWICE, BOUGHT_YESTERDAY = "{orders: {at_least: 2}}", "{last_order: {days_ago: 1}}"


@pytest.mark.parametrize(
    ("condition", "before", "then", "enters"),
    [
        (BOUGHT_TWICE, [paid("o", days=-9)], [paid("p", hours=1)], True),
        (BOUGHT_TWICE, [paid("o", days=-9), paid("p", days=-8)], [viewed("v", hours=1)], False),
        (BOUGHT_TWICE, [paid("o", days=-9), paid("p", days=-8)], [paid("q", hours=1)], False),
        (BOUGHT_YESTERDAY, [paid("o")], [], True),
        (BOUGHT_YESTERDAY, [paid("o", days=-1)], [viewed("v", hours=1)], False),
    ],
)
def test_who_enters_by_an_act_or_a_day_while_definitions_are_new_to_them_is_told_as_anybody(
    monkeypatch: pytest.MonkeyPatch, condition: str, before: list[Event], then: list[Event], enters: bool
) -> None:
    other = definition("other", "version: 1\ncustomers: {orders: {at_least: 9}}", 1)
    of = test_any_order.SEGMENTS._replace(segments=(other,), sources=frozenset({"acts"}))
    monkeypatch.setattr(test_any_order, "SEGMENTS", of)
    lived = Lived()
    lived.apply(before, NOON)
    new = definition("new", f"version: 1\ncustomers: {condition}", 2)
    monkeypatch.setattr(test_any_order, "SEGMENTS", of._replace(generation=2, segments=(new,), changed_at=NOON))
    if then:
        lived.apply(then, NOON + timedelta(hours=1))
    else:
        lived.settle_late(NOON + timedelta(hours=13))

    assert "new" in lived.state.members
    told = [each.data.brought_over for each in lived.published if each.type == "segment.entered"]
    assert told == ([False] if enters else [])


def test_who_looks_while_a_model_is_new_to_them_enters_what_it_says_as_one_who_was_brought_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = definition("seen", "version: 1\ncustomers: {lifecycle: active}", 1)
    of = test_any_order.SEGMENTS._replace(segments=(seen,), sources=frozenset({"acts"}))
    monkeypatch.setattr(test_any_order, "SEGMENTS", of)
    lived = Lived()
    lived.apply([paid("o", days=-400), paid("p")], NOON)
    assert not lived.state.members
    monkeypatch.setattr(test_any_order, "TERMS", TERMS._replace(model=model_of(1, 9.0, 300.0, 0.3, 4.0)))
    lived.apply([viewed("v", hours=1)], NOON + timedelta(hours=1))

    (told,) = (each for each in lived.published if each.type == "segment.entered")
    assert told.data.brought_over
