"""Retries work after transient errors of the database."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeAlias, TypeVar

import stamina

from mandegar.database.transient import is_transient

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Work: TypeAlias = Callable[Parameters, Awaitable[Result]]


def retry_transient(
    *, first_seconds: float, max_seconds: float, attempts: int | None = None
) -> Callable[[Work[Parameters, Result]], Work[Parameters, Result]]:
    """Decorate a coroutine function: transient errors are retried (``is_transient``), others are raised at once.

    Waits double from ``first_seconds`` to ``max_seconds``, each with a jitter of at most ``first_seconds``. The last of
    ``attempts`` raises its error; without a bound, work is retried until it is cancelled.
    """
    return stamina.retry(
        on=is_transient,
        attempts=attempts,
        timeout=None,
        wait_initial=first_seconds,
        wait_max=max_seconds,
        wait_jitter=first_seconds,
    )
