"""A lifecycle changes with purchases and crossings; who comes back by a purchase is told of once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from builders.customers import viewed
from builders.events import NOON, event
from builders.models import model_of
from builders.orders import cancelled, order, paid
from churn.customers.advance import apply_acts, settle_one
from churn.domain.customer import Customer, Terms
from churn.domain.forecast.heard import SignalWeights
from churn.domain.forecast.version import prior_version
from churn.domain.model import Model, prior_model
from churn.domain.score import Parameters
from mandegar.calendar import shop_days
from mandegar.events import Event
from mandegar.events.ingest import TicketChanged

TERMS = Terms(prior_model(), shop_days("Asia/Tehran"), "IRR")
AGAIN = [paid("a"), paid("b", days=20), paid("d", days=40)]


class Life:
    """One customer, who is settled whenever they are due; ``told`` is what was published."""

    def __init__(self, terms: Terms = TERMS) -> None:
        self.customer, self.terms, self.told = Customer("s", "c", 0), terms, list[Event]()

    def live(self, *acts: Event) -> "Life":
        for act in acts:
            self.wait(act.time)
            self.told += apply_acts(self.customer, [act], self.terms, act.time)
        return self

    def wait(self, until: datetime) -> "Life":
        while self.customer.due_at is not None and self.customer.due_at <= until:
            self.told += settle_one(self.customer, self.terms, self.customer.due_at)
        return self

    def wait_days(self, days: float) -> "Life":
        return self.wait(NOON + timedelta(days=days))

    def until(self, band: str) -> datetime:
        """Wait until the customer is in a band; returns since when."""
        while self.customer.band != band:
            assert self.customer.due_at is not None
            self.wait(self.customer.due_at)
        assert self.customer.band_since is not None
        return self.customer.band_since


def lifecycles(told: Sequence[Event]) -> list[tuple[str, str | None]]:
    """What a reader of lifecycles has been told, one after the other."""
    return [(each.type, getattr(each.data, "lifecycle", None)) for each in told if each.type in TYPES]


TYPES = {"band.crossed", "band.left", "lifecycle.changed"}


def back(told: Sequence[Event]) -> list[Event]:
    return [each for each in told if each.type == "customer.won_back"]


def test_a_new_customer_is_active_with_the_second_day_and_after_a_return_with_the_next() -> None:
    life = Life().live(paid("a"), paid("same day", hours=1), paid("b", days=20))
    lost_at = life.until("lost")
    returned = paid("d", days=(lost_at - NOON).days + 5)
    life.live(returned, paid("e", days=(returned.time - NOON).days + 10))

    assert lifecycles(life.told) == [
        ("band.crossed", "new"),
        ("lifecycle.changed", "active"),
        *(("band.crossed", band) for band in ("cooling", "at_risk", "lost", "won_back")),
        ("lifecycle.changed", "active"),
    ]
    (told,) = back(life.told)
    assert told.time == told.data.won_back_at == returned.time
    assert (told.data.previous, told.data.away_since, told.causation_id) == ("lost", lost_at, returned.id)
    assert told.data.silent_days == (returned.time - paid("b", days=20).time).days
    versions = [each.data.version for each in life.told if each.type in TYPES]
    assert versions == [*range(1, len(versions) + 1)]


@pytest.mark.parametrize(("band", "is_back"), [("cooling", False), ("at_risk", True), ("lost", True)])
def test_only_who_was_at_risk_or_lost_comes_back(band: str, is_back: bool) -> None:
    life = Life().live(*AGAIN)
    since = life.until(band)
    life.live(paid("z", days=(since - NOON).days + 1.5))

    assert life.customer.lifecycle == ("won_back" if is_back else "active")
    assert [each.data.previous for each in back(life.told)] == [band] * is_back


def test_a_purchase_of_before_the_crossing_that_arrives_late_brings_nobody_back() -> None:
    life = Life().live(*AGAIN)
    since = life.until("at_risk")
    late = paid("late", days=(since - NOON).days - 1)
    life.told += apply_acts(life.customer, [late], TERMS, since + timedelta(days=1))

    assert (life.customer.band, life.customer.lifecycle) == ("healthy", "active")
    assert back(life.told) == []


def test_a_model_by_which_nobody_was_away_brings_nobody_back() -> None:
    life = Life().live(*AGAIN)
    since = life.until("at_risk")
    life.terms = TERMS._replace(model=model_of(1, 9.0, 300.0, 0.3, 4.0))
    life.told += settle_one(life.customer, life.terms, since + timedelta(days=1))

    assert life.customer.band == "healthy"
    assert back(life.told) == []


def test_another_zone_by_which_the_last_purchase_was_a_day_later_brings_nobody_back() -> None:
    life = Life(Terms(model_of(1, 9.0, 300.0, 0.3, 4.0), shop_days("UTC"), "IRR"))
    history = [paid("a", backfill=True), paid("b", days=4000.52, backfill=True)]
    life.told += apply_acts(life.customer, history, life.terms, history[1].time)
    life.wait_days(4001)
    since, last_day = life.until("at_risk"), life.customer.last_day
    life.customer.past = None  # that of another batch
    life.terms = Terms(model_of(2, 1.0, 10.0, 0.1, 8.0), shop_days("Asia/Tehran"), "IRR")
    life.told += settle_one(life.customer, life.terms, since + timedelta(hours=1))

    assert (life.customer.band, life.customer.lifecycle) == ("healthy", "won_back")
    assert life.customer.last_day == (last_day or 0) + 1
    assert back(life.told) == []


def test_what_is_stated_again_is_told_once_and_a_return_that_is_undone_leaves_it_lost() -> None:
    life = Life().live(*AGAIN)
    days = (life.until("lost") - NOON).days + 5
    life.live(paid("z", days=days), paid("z", days=days, version=2, name="again"), paid("y", days=days, hours=1))
    assert len(back(life.told)) == 1

    life.live(cancelled("z", version=3, days=days + 0.1), cancelled("y", version=3, days=days + 0.1))
    assert life.customer.lifecycle == life.customer.band == "lost"
    assert len(back(life.told)) == 1


def test_a_visit_and_an_answered_complaint_bring_nobody_back_but_the_next_purchase_does() -> None:
    learned = SignalWeights(Parameters(1.0, 2.0, 0.3, 2.0), -0.2, 0.5, 0.5, -2.5, -0.5, 0.3)
    life = Life(TERMS._replace(model=Model(1, prior_version()._replace(signals=learned))))
    ticket = TicketChanged(ticket_id="t", sentiment=-1.0)
    life.live(*AGAIN, event("ticket.opened", ticket, days=50))
    assert life.customer.band == "at_risk"
    closed = event("ticket.closed", ticket, days=51)
    life.live(closed, *(viewed(str(day), days=day) for day in (52, 53, 54)))
    assert back(life.told) == []

    life.live(paid("z", days=55))
    told = [each.data.previous for each in life.told if each.type == "band.crossed"][-1]
    assert len(back(life.told)) == (told in {"at_risk", "lost"})


def test_a_row_of_an_earlier_release_is_given_its_lifecycle_and_stage_in_silence() -> None:
    life = Life().live(*AGAIN)
    life.customer.lifecycle = life.customer.stage = None
    before = len(life.told)
    assert life.customer.due_at is not None
    life.wait(life.customer.due_at)

    assert (life.customer.lifecycle, life.customer.stage) == ("active", "loyalty")
    assert life.told[before:] == []


def test_imported_history_is_told_by_its_present_band_and_brings_nobody_back() -> None:
    life = Life()
    history = [paid("a", days=-400, backfill=True), paid("b", days=-1, backfill=True)]
    life.told += apply_acts(life.customer, history, TERMS, NOON)
    life.wait_days(1)

    assert lifecycles(life.told) == [("band.crossed", "won_back")]
    assert back(life.told) == []
    assert life.customer.stage == "loyalty"
    (staged,) = (each.data for each in life.told if each.type == "stage.changed")
    assert (staged.previous, staged.stage, staged.version) == ("awareness", "loyalty", 1)


def test_a_return_whose_order_is_cancelled_and_paid_again_is_told_once() -> None:
    life = Life().live(*AGAIN)
    days = (life.until("lost") - NOON).days + 5
    life.live(paid("z", days=days), cancelled("z", version=2, days=days + 0.1))
    life.live(order("updated", "z", 50, version=3, days=days + 0.2, name="paid after all"))

    assert life.customer.lifecycle == "won_back"
    assert len(back(life.told)) == 1


@pytest.mark.parametrize("amount", ["0.01", "1000"])
def test_a_gift_on_the_day_of_a_return_is_no_other_purchase(amount: str) -> None:
    life = Life(TERMS._replace(model=Model(1, prior_version()._replace(median_value=10.0)))).live(*AGAIN)
    days = (life.until("at_risk") - NOON) / timedelta(days=1) + 0.01
    life.live(order("paid", "z", amount, days=days), order("paid", "gift", "0", days=days + 0.01))

    assert life.customer.lifecycle == "won_back"
    assert len(back(life.told)) == 1
