"""The life of one send: a provider is called once per attempt; a lost answer is ``unknown`` and never repeated blindly.

Attempts are counted, and fenced against workers that come too late, in the rows: see ``sends/attempt_rows.py``.
"""

from typing import Literal

State = Literal["ready", "sending", "sent", "refused", "unknown", "withheld"]
# What a customer's messages show; one of another system has no life here.
MessageState = State | Literal["sent_elsewhere"]
Step = Literal["wait", "withhold", "claim", "release", "accept", "refuse", "retry", "lose", "disown"]

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
    """The step does not start from this state."""


def state_after(state: State, step: Step) -> State:
    """The state that ``step`` leads to from ``state``; ``NotAllowed`` when it leads nowhere."""
    try:
        return _TABLE[state, step]
    except KeyError:
        raise NotAllowed(f"{step} does not start from {state}") from None
