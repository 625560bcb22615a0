"""What a history tells at a glance, and that it is what the history itself tells."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from builders.orders import cancelled, refund
from churn.domain.satisfaction import answer_of, score_of
from churn.domain.timeline.glance import favourite_category, last_order, tickets_at_a_glance
from churn.domain.timeline.history import entries_of
from churn.domain.timeline.shown import fields_of
from harness.glancing import answered, bought, ticket
from mandegar.events import Event


def data_of(*events: Event, kind: str = "order") -> list[dict[str, Any]]:
    """The data of entries, newest first."""
    entries = sorted(entries_of(events, {}).values(), key=lambda entry: entry.at, reverse=True)
    return [entry.data for entry in entries if entry.type == kind]


def test_a_category_that_is_in_more_orders_goes_before_one_of_which_more_was_bought():
    assert favourite_category(data_of(bought("a", -3, hats=9), bought("b", -2, shoes=1), bought("c", -1, shoes=1))) == (
        "shoes"
    )
    assert favourite_category(data_of(bought("a", -3, hats=2, shoes=1))) == "hats"
    assert favourite_category(data_of(bought("a", -3, b=1, a=1))) == "a"


def test_what_was_given_back_is_no_favourite():
    orders = data_of(bought("a", -3, hats=1), refund("a", 100), bought("b", -2, hats=1), cancelled("b", version=2))

    assert favourite_category(orders) is None
    assert favourite_category(data_of(bought("a", -3))) is None
    assert favourite_category([]) is None


@given(st.lists(st.sampled_from(["opened", "answered", "closed"]), min_size=1, max_size=5))
def test_a_ticket_at_a_glance_is_as_its_history_tells(states):
    [data] = data_of(*(ticket("t", state, day) for day, state in enumerate(states)), kind="ticket")
    glance, told = tickets_at_a_glance([data]), fields_of("ticket", data)

    assert glance["last"]["state"] == told["state"] == states[-1]
    assert glance["open"] == (states[-1] != "closed")


def test_an_order_at_a_glance_is_as_its_history_tells():
    [data] = data_of(bought("a", -3, hats=2, shoes=1), refund("a", 40))
    told = fields_of("order", data)

    assert last_order(data).items() <= told.items()
    assert last_order(data)["state"] == "partly_refunded"


@given(st.floats(0, 100))
def test_a_score_is_told_as_it_was_given(score):
    answer = answer_of(answered("csat", score, 0))

    assert answer is not None
    assert abs(score_of(answer) - score) < 0.0001
