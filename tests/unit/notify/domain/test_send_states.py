"""The states of a send: which steps exist, and what lies between two calls of a provider."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.send_states import NotAllowed, state_after

STEPS = ["wait", "withhold", "claim", "release", "accept", "refuse", "retry", "lose", "disown"]
FINAL = ["refused", "sent", "withheld"]


def leads(state, step, to):
    try:
        return state_after(state, step) == to
    except NotAllowed:
        return False


def test_a_claim_is_the_only_way_to_a_provider():
    ways = {(state, step) for state in ("ready", "unknown", *FINAL) for step in STEPS if leads(state, step, "sending")}

    assert ways == {("ready", "claim")}


@pytest.mark.parametrize("state", FINAL)
@pytest.mark.parametrize("step", STEPS)
def test_nothing_leaves_a_final_state(state, step):
    with pytest.raises(NotAllowed):
        state_after(state, step)


def test_a_lost_answer_is_not_ready_again_unless_the_provider_never_had_it():
    ways = {step for step in STEPS if leads("unknown", step, "ready")}

    assert ways == {"disown"}


@given(st.lists(st.sampled_from(STEPS), max_size=30))
def test_a_provider_is_called_again_only_when_it_is_known_that_the_first_call_had_no_effect(steps):
    state, harmless = "ready", True
    for step in steps:
        try:
            state = state_after(state, step)
        except NotAllowed:
            continue
        if step == "claim":
            assert harmless
            harmless = False
        if step in ("release", "retry", "disown"):
            harmless = True
