"""State machines of hypothesis over real databases: one event loop a machine, the same histories until code changes."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

T = TypeVar("T")
# Where it is enough to know that a machine goes red, the shortest history that shows it is not worth its minute.
_PHASES = [Phase.generate] if os.environ.get("NO_SHRINKING") else [Phase.generate, Phase.shrink]


class Loop:
    """An event loop for synchronous tests, and the resources that live in it."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._stack = AsyncExitStack()

    def __enter__(self) -> "Loop":
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def enter(self, context: AbstractAsyncContextManager[T]) -> T:
        """Open ``context`` until the loop ends."""
        return self.run(self._stack.enter_async_context(context))


def run_machine(machine: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Run ``machine`` through ``examples`` histories of at most ``steps`` steps.

    They are drawn from the constants of all modules that are loaded, so a change of code anywhere may bring new ones.
    """
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=_PHASES,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
