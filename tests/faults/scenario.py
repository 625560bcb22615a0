"""One row of the fault matrix."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from faults.drill import Drill
from faults.stack import Stack

Run = Callable[[Drill], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """``own_stack``: it needs a stack that is started for it, or leaves nothing behind on which another could run.

    ``around`` is entered before that stack starts, and left when it has ended. Where a fault takes records away, the
    topics are no longer whole, and nothing can be recomputed from them.
    """

    name: str
    title: str
    run: Run
    short: bool = False
    own_stack: bool = False
    around: Callable[[Stack], AbstractContextManager[None]] = lambda _: nullcontext()
    topics_stay_whole: bool = True
    quiet_seconds: float = 60.0
