"""The stage of a journey is what docs/churn.md defines, and changes by an act, a crossing, or a day that begins."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from builders.customers import viewed
from builders.events import NOON, event
from builders.models import model_of
from builders.orders import cancelled, order, paid
from churn.customers.advance import apply_acts, settle_one
from churn.domain.customer import Customer
from churn.domain.forecast.heard import SignalWeights
from churn.domain.forecast.version import prior_version
from churn.domain.model import Model
from churn.domain.score import Parameters
from churn.domain.stage import stage_of
from mandegar.events import Event
from mandegar.events.ingest import Interaction, ReviewSubmitted, SurveyResponded, TicketChanged
from mandegar.quantities import to_us
from unit.churn.customers.test_lifecycle import TERMS, Life


def cart(days: float = 0, name: str = "cart") -> Event:
    return event("cart.updated", Interaction(), days=days, name=name)


def asked(score: float, days: float = 0) -> Event:
    return event("survey.responded", SurveyResponded(survey_id="s", kind="nps", score=score), days=days)


def reviewed(stars: float, days: float, sentiment: float | None = None) -> Event:
    data = ReviewSubmitted(product_id="p", rating=stars, rating_scale=5, sentiment=sentiment)
    return event("review.submitted", data, days=days, name=f"{stars} {days}")


def viewed_at(days: float) -> Event:
    return viewed(f"{days}", days=days)


def paid_at(days: float) -> Event:
    return paid(f"{days}", days=days)


def ticket(kind: str, days: float = 0) -> Event:
    return event(f"ticket.{kind}", TicketChanged(ticket_id="t"), days=days)


@pytest.mark.parametrize(
    ("acts", "stage"),
    [
        ([viewed("one")], "awareness"),
        ([viewed("one"), viewed("later", hours=1)], "awareness"),
        ([viewed("one"), viewed("later", days=30)], "consideration"),
        ([viewed("one"), cart(1)], "decision"),
        ([order("placed", "o", 10)], "awareness"),
        ([cart(), paid("o", days=1)], "service"),
        ([paid("o"), paid("p", days=9)], "loyalty"),
        ([paid("o"), paid("p", days=9), ticket("opened", 10)], "service"),
        ([paid("o"), paid("p", days=9), ticket("opened", 10), ticket("closed", 11)], "loyalty"),
        ([paid("o"), paid("p", days=9), asked(9, 10)], "advocacy"),
        ([paid("o"), asked(10, 3)], "advocacy"),
        ([paid("o"), paid("p", days=9), asked(10, 10), asked(6, 11)], "loyalty"),
        ([paid("o"), paid("p", days=9), asked(10, 10), ticket("opened", 11)], "service"),
        ([paid("o"), reviewed(5, 1), reviewed(3, 2, 0.5)], "advocacy"),
        ([paid("o"), reviewed(5, 1), reviewed(3, 2, -1.0)], "advocacy"),
        ([paid("o"), reviewed(5, 1), reviewed(2, 2)], "service"),
        ([paid("o"), reviewed(3, 2, 1.0)], "service"),
        ([paid("o"), cart(2), viewed("seen", days=3)], "service"),
        ([asked(10)], "awareness"),
        ([paid("o", 10), viewed("v", days=1), cancelled("o", version=2, days=2)], "awareness"),
    ],
)
def test_a_stage_follows_from_what_a_customer_did(acts: list[Event], stage: str) -> None:
    assert Life().live(*acts).customer.stage == stage


def test_a_good_review_makes_an_advocate_and_one_of_three_stars_does_not() -> None:
    def rated(rating: float) -> str | None:
        review = ReviewSubmitted(product_id="p", rating=rating, rating_scale=5)
        return Life().live(paid("o"), event("review.submitted", review, days=1)).customer.stage

    assert (rated(4), rated(3), rated(1)) == ("advocacy", "service", "service")


def test_a_stage_ends_at_the_beginning_of_a_day_of_the_shop_and_is_told_then() -> None:
    visits = [viewed("one"), viewed("two", days=1), cart(2)]
    life = Life().live(*visits)
    day = TERMS.days.start_of(TERMS.days.day_of(int(cart(2).time.timestamp() * 1e6)) + 15)
    ends = datetime.fromtimestamp(day / 1e6, NOON.tzinfo)
    life.customer.due_at = ends  # as memberships put it on the timer
    life.wait(ends)

    changed = [each for each in life.told if each.type == "stage.changed"]
    assert [each.data.stage for each in changed] == ["consideration", "decision", "consideration"]
    assert [each.time for each in changed] == [visits[1].time, visits[2].time, ends]
    assert [each.data.previous for each in changed] == ["awareness", "consideration", "decision"]


def test_who_is_lost_begins_again_with_what_they_do_from_then_on() -> None:
    life = Life().live(viewed("one"), cart(), paid("o", days=1), cart(2), viewed("v", days=3))
    lost = (life.until("lost") - NOON).days + 2
    assert life.customer.stage in {"consideration", "awareness"}
    told = life.told[-1]
    assert (told.type, told.data.previous, told.time) == ("stage.changed", "service", life.customer.band_since)

    life.live(cart(lost, "back"))
    assert life.customer.stage == "decision"
    assert life.live(paid("p", days=lost + 1)).customer.stage == "loyalty"


def test_a_first_visit_publishes_nothing_and_a_first_order_its_stage() -> None:
    assert Life().live(viewed("one")).told == []
    assert [each.type for each in Life().live(paid("o")).told] == ["band.crossed", "stage.changed"]


def test_a_cart_is_kept_beside_everything_else_that_was_said() -> None:
    life = Life().live(cart(), *(asked(3, 0.1 + number / 100) for number in range(40)))

    assert life.customer.stage == "decision"
    assert life.live(cart(1, "newer")).customer.stage == "decision"


def test_each_change_of_stage_by_another_model_is_an_event_of_its_own() -> None:
    life = Life().live(paid("o"), paid("p", days=9), asked(10, 10))
    since = life.until("at_risk")
    strict, mild = life.terms, TERMS._replace(model=model_of(1, 9.0, 300.0, 0.3, 4.0))
    for hours in range(1, 5):
        life.terms = mild if hours % 2 else strict
        life.told += settle_one(life.customer, life.terms, since + timedelta(hours=hours))

    told = [each for each in life.told if each.type == "stage.changed"]
    assert [each.data.stage for each in told[-4:]] == ["advocacy", "loyalty"] * 2
    assert len({each.id for each in told}) == len(told)
    assert [each.data.version for each in told] == [*range(1, len(told) + 1)]
    assert [each.data.brought_over for each in told] == [False] * (len(told) - 4) + [True] * 4


def test_a_visit_that_moves_the_band_moves_the_stage_with_it() -> None:
    learned = SignalWeights(Parameters(1.0, 2.0, 0.3, 2.0), -0.2, 0.5, 3.5, -2.5, -0.5, 0.3)
    life = Life(TERMS._replace(model=Model(1, prior_version()._replace(signals=learned))))
    life.live(paid("o"), paid("p", days=9), asked(10, 10))
    since = (life.until("at_risk") - NOON).days + 1
    for day in range(since, since + 30):
        life.live(viewed(f"{day}", days=day))
        placed = stage_of(life.customer, life.terms.days, to_us(NOON + timedelta(days=day)))
        assert life.customer.stage == placed.stage
    assert life.customer.band != "at_risk"


def test_a_stage_that_a_history_or_a_model_gives_does_not_begin_before_its_acts() -> None:
    life = Life()
    history = [paid("a", days=-9, backfill=True), paid("b", days=-5, backfill=True)]
    history.append(structs.replace(asked(10, -2), backfill=True))
    life.told += apply_acts(life.customer, history, TERMS, NOON)
    life.wait_days(1)

    (told,) = (each for each in life.told if each.type == "stage.changed")
    assert (told.data.stage, told.data.changed_at) == ("advocacy", history[-1].time)
    assert told.data.brought_over


LATE = st.floats(0, 60).map(lambda days: round(days, 1))
ACTS = st.sampled_from([cart, viewed_at, paid_at, lambda days: asked(10, days), lambda days: ticket("opened", days)])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(ACTS, LATE, LATE, st.booleans()), min_size=2, max_size=8))
def test_no_change_of_stage_is_dated_before_another_however_late_acts_and_timers_are(story) -> None:
    customer, told, now = Customer("s", "c", 0), list[Event](), NOON
    for act, late, pause, is_settled in story:
        told += apply_acts(customer, [act((now - NOON) / timedelta(days=1) - late)], TERMS, now)
        now += timedelta(days=pause)
        if is_settled:
            told += settle_one(customer, TERMS, now)
    dates = [each.time for each in told if each.type == "stage.changed"]

    assert dates == sorted(dates)
    assert not dates or dates[-1] <= now


def test_who_is_lost_after_a_fit_and_before_it_was_brought_to_them_is_lost_by_time() -> None:
    life = Life().live(paid("o"), paid("p", days=9))
    fitted_at = life.until("at_risk") + timedelta(hours=1)
    lost_at = life.customer.due_at
    assert lost_at is not None
    life.terms = TERMS._replace(model=Model(1, prior_version()), since=fitted_at)
    life.told += settle_one(life.customer, life.terms, lost_at + timedelta(minutes=9))

    (changed,) = (each for each in life.told[-2:] if each.type == "stage.changed")
    assert (changed.data.previous, changed.data.changed_at) == ("loyalty", lost_at)
    assert not changed.data.brought_over
