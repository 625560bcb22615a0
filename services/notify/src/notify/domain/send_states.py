"""The life of one send: a provider is asked once per attempt, and what cannot be told is ``unknown``, not repeated."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ready", "sending", "sent", "refused", "unknown", "withheld"]
Step = Literal["wait", "withhold", "claim", "release", "accept", "refuse", "retry", "lose", "disown"]

FINAL: frozenset[State] = frozenset({"sent", "refused", "withheld"})

_TABLE: dict[tuple[State, Step], State] = {
    ("ready", "wait"): "ready",
    ("ready", "withhold"): "withheld",
    ("ready", "claim"): "sending",
    # the claimed message was not handed to the provider: this process is stopping
    ("sending", "release"): "ready",
    ("sending", "accept"): "sent",
    ("sending", "refuse"): "refused",
    # refused for now, and surely not taken over by the provider
    ("sending", "retry"): "ready",
    ("sending", "lose"): "unknown",
    # what the provider answers when it is asked by our id afterwards
    ("unknown", "accept"): "sent",
    ("unknown", "refuse"): "refused",
    ("unknown", "disown"): "ready",
}


class NotAllowed(ValueError):
    """The step does not start from this state, or belongs to an attempt that is over."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a send stands: its state and how often it was claimed."""

    state: State
    attempt: int


def advance(position: Position, step: Step, attempt: int) -> Position:
    """The position after ``step`` by whoever holds ``attempt``; ``NotAllowed`` for a step of an older attempt."""
    state = _TABLE.get((position.state, step))
    if state is None or attempt != position.attempt:
        raise NotAllowed(f"{step} of attempt {attempt} at {position.state}, attempt {position.attempt}")
    return Position(state, attempt + 1 if step == "claim" else attempt)


def state_after(state: State, step: Step) -> State:
    """The state that ``step`` leads to from ``state``; ``NotAllowed`` when it leads nowhere."""
    return advance(Position(state, 0), step, 0).state
