"""Places where a process can be made to die, freeze or fail, so that tests show what holds when it does.

``FAILPOINT=relay.after_send:exit`` ends the process the first time it passes there, ``…:exit:3`` the third time.
Actions: ``exit`` (at once, as ``kill -9`` would), ``stop`` (frozen until SIGCONT), ``raise`` (a bug's exception).
Only the local environment may arm one; unarmed, passing by costs one comparison.
"""

import os
import signal
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

Action: TypeAlias = Literal["exit", "stop", "raise"]
KILLED = 137


class Failpoint(StrEnum):
    """A place, named for the moment: what was done just before, or what would be done next.

    Each subclass holds those of one room; a service adds its own.
    """


class StreamFailpoint(Failpoint):
    """The places that every service passes."""

    LANES_ASSIGNED = "lanes.assigned"
    LANES_REVOKED = "lanes.revoked"
    BATCH_AFTER_POLL = "batch.after_poll"
    BATCH_AFTER_OFFSETS = "batch.after_offsets"
    BATCH_BEFORE_COMMIT = "batch.before_commit"
    BATCH_AFTER_COMMIT = "batch.after_commit"
    DEAD_LETTERS_KEPT = "dead_letters.kept"
    DEAD_LETTER_BEFORE_RELEASE = "dead_letters.before_release"
    RELAY_BEFORE_SEND = "relay.before_send"
    RELAY_AFTER_SEND = "relay.after_send"
    RELAY_AFTER_DELETE = "relay.after_delete"
    TIMER_AFTER_LOCK = "timer.after_lock"
    TIMER_BEFORE_COMMIT = "timer.before_commit"
    TIMER_AFTER_COMMIT = "timer.after_commit"


class FailpointRaised(RuntimeError):
    """The exception of an armed ``raise``: like a bug, it is neither weather nor poison."""


class _Armed(NamedTuple):
    failpoint: Failpoint
    action: Action
    passes: int


_armed: _Armed | None = None
_passed = 0


def failpoints() -> dict[str, Failpoint]:
    """Every failpoint of the modules that were imported, by name."""
    return {str(place): place for room in Failpoint.__subclasses__() for place in room}


def arm(text: str) -> None:
    """Arm what ``text`` names (``name:action`` or ``name:action:nth``), or nothing; ``ValueError`` says why not."""
    global _armed, _passed
    _armed, _passed = _read(text) if text else None, 0


def reach(failpoint: Failpoint) -> None:
    """Pass ``failpoint``: nothing happens unless it is armed."""
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
