"""Failpoints: named places in the code at which a test makes a process exit, freeze or raise.

``FAILPOINT=relay.after_send:exit`` ends the process when it reaches the place first, ``…:exit:3`` the third time.
Actions: ``exit`` (at once, like ``kill -9``), ``stop`` (frozen until SIGCONT), ``raise`` (an exception as from a bug).
Only the local environment may arm a failpoint. One that is not armed costs a comparison.
"""

import os
import signal
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

Action: TypeAlias = Literal["exit", "stop", "raise"]
KILLED = 137


class Failpoint(StrEnum):
    """A failpoint, named for the step of the work that it follows or precedes.

    Each subclass holds the failpoints of one room; services define their own.
    """


class StreamFailpoint(Failpoint):
    """The failpoints of the library, which every service has."""

    LANES_ASSIGNED = "lanes.assigned"
    LANES_REVOKED = "lanes.revoked"
    BATCH_AFTER_POLL = "batch.after_poll"
    BATCH_AFTER_OFFSETS = "batch.after_offsets"
    BATCH_BEFORE_COMMIT = "batch.before_commit"
    BATCH_AFTER_COMMIT = "batch.after_commit"
    BESIDE_SET_ASIDE = "beside.set_aside"
    BESIDE_AFTER_TAKE = "beside.after_take"
    BESIDE_BEFORE_COMMIT = "beside.before_commit"
    BESIDE_AFTER_COMMIT = "beside.after_commit"
    COMMANDS_BEFORE_COMMIT = "commands.before_commit"
    COMMANDS_AFTER_COMMIT = "commands.after_commit"
    DEAD_LETTERS_KEPT = "dead_letters.kept"
    DEAD_LETTER_BEFORE_RELEASE = "dead_letters.before_release"
    RELAY_BEFORE_SEND = "relay.before_send"
    RELAY_AFTER_SEND = "relay.after_send"
    RELAY_AFTER_DELETE = "relay.after_delete"
    TIMER_AFTER_LOCK = "timer.after_lock"
    TIMER_BEFORE_COMMIT = "timer.before_commit"
    TIMER_AFTER_COMMIT = "timer.after_commit"


class FailpointRaised(RuntimeError):
    """The exception of the action ``raise``. Like a bug, it is neither retried nor made a dead letter."""


class _Armed(NamedTuple):
    failpoint: Failpoint
    action: Action
    passes: int


_armed: _Armed | None = None
_passed = 0


def failpoints() -> dict[str, Failpoint]:
    """The failpoints of all imported modules, by name."""
    return {str(place): place for room in Failpoint.__subclasses__() for place in room}


def arm(text: str) -> None:
    """Arm the failpoint in ``text`` (``name:action`` or ``name:action:nth``); an empty text disarms.

    Raises ``ValueError`` with the expected form for any other text.
    """
    global _armed, _passed
    _armed, _passed = _read(text) if text else None, 0


def reach(failpoint: Failpoint) -> None:
    """Take the armed action if ``failpoint`` is the armed one and was reached the required number of times."""
    global _passed
    if _armed is None or _armed.failpoint is not failpoint:
        return
    _passed += 1
    if _passed != _armed.passes:
        return
    match _armed.action:
        case "exit":
            os._exit(KILLED)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "raise":
            raise FailpointRaised(failpoint)


def _read(text: str) -> _Armed:
    name, _, rest = text.partition(":")
    action, _, passes = rest.partition(":")
    places = failpoints()
    if name not in places or action not in get_args(Action) or not (passes or "1").isdecimal():
        raise ValueError(f"FAILPOINT={text}: write name:exit|stop|raise[:nth] with one of {', '.join(places)}")
    return _Armed(places[name], cast("Action", action), int(passes or "1"))
