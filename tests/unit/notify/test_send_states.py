"""The states of a send: which steps exist, and the fence that keeps an older attempt out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.send_states import FINAL, NotAllowed, Position, advance

STEPS = ["wait", "withhold", "claim", "release", "accept", "refuse", "retry", "lose", "disown"]


def test_a_claim_begins_a_new_attempt():
    assert advance(Position("ready", 0), "claim", 0) == Position("sending", 1)


def test_an_answer_for_an_older_attempt_changes_nothing():
    with pytest.raises(NotAllowed):
        advance(Position("sending", 2), "accept", 1)


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize("step", STEPS)
def test_nothing_leaves_a_final_state(state, step):
    with pytest.raises(NotAllowed):
        advance(Position(state, 1), step, 1)


def test_a_lost_answer_is_not_ready_again_unless_the_provider_never_had_it():
    ways = {step for step in STEPS if _leads(Position("unknown", 1), step, "ready")}

    assert ways == {"disown"}


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 6)), max_size=30))
def test_between_two_calls_of_a_provider_there_is_always_a_word_that_the_first_had_no_effect(steps):
    position, harmless = Position("ready", 0), True
    for step, attempt in steps:
        try:
            position = advance(position, step, attempt)
        except NotAllowed:
            continue
        if step == "claim":
            assert harmless
            harmless = False
        if step in ("release", "retry", "disown"):
            harmless = True


def _leads(position, step, state):
    try:
        return advance(position, step, position.attempt).state == state
    except NotAllowed:
        return False
