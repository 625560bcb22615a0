"""Segments follow stages: the end of one is on the timer, and a membership is dated by what its condition reads."""

from datetime import timedelta

import pytest

from builders.events import NOON, event
from builders.orders import paid
from churn.memberships.states import Since
from mandegar.events import Event
from mandegar.events.ingest import TicketChanged
from unit.churn.memberships import test_any_order
from unit.churn.memberships.test_any_order import Lived, definition

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
