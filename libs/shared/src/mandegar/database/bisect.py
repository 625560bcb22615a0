"""Applies a batch in one transaction and finds, by bisection, the items whose data make it fail."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg

from mandegar.database.pool import Connection
from mandegar.database.transaction import savepoint
from mandegar.database.transient import is_transient

Item = TypeVar("Item")
Result = TypeVar("Result")

# Errors that the same data raise again. PostgresError includes transient ones, which ``is_transient`` tells apart.
CAUSED_BY_DATA = (ValueError, LookupError, ArithmeticError, TypeError, asyncpg.PostgresError)


class LeaveOut(Exception):
    """Raised by ``apply`` after it has provided for some of its items: the ``rest`` is to be applied without them."""

    def __init__(self, rest: Sequence[Any]) -> None:
        super().__init__()
        self.rest = rest


async def apply_or_bisect(
    items: Sequence[Item],
    apply: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
    refuse: Callable[[Item, Exception], Awaitable[Sequence[Result]]],
    connection: Connection,
) -> Sequence[Result]:
    """Call ``apply`` within a savepoint, and after an error for each half of ``items``; the results of all calls.

    An item that fails alone is rolled back and passed to ``refuse`` with its error. After ``LeaveOut`` the rest is
    applied. Raises errors that the data did not cause: transient ones (``is_transient``) and those outside
    ``CAUSED_BY_DATA``.
    """
    if not items:
        return ()
    try:
        async with savepoint(connection):
            return await apply(items)
    except LeaveOut as left:
        return await apply_or_bisect(left.rest, apply, refuse, connection)
    except CAUSED_BY_DATA as error:
        if is_transient(error):
            raise
        if len(items) == 1:
            return await refuse(items[0], error)
    half = len(items) // 2
    first = await apply_or_bisect(items[:half], apply, refuse, connection)
    second = await apply_or_bisect(items[half:], apply, refuse, connection)
    return [*first, *second]
