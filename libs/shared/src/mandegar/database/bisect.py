"""Applies many items in one transaction when some of them may be ones that the data makes fail."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg

from mandegar.database.pool import Connection
from mandegar.database.weather import is_weather

Item = TypeVar("Item")
Result = TypeVar("Result")

CAUSED_BY_DATA = (ValueError, LookupError, ArithmeticError, TypeError, asyncpg.PostgresError)
"""What the same data will raise again; passing errors of the database among them are told apart by ``is_weather``."""


async def apply_or_bisect(
    items: Sequence[Item],
    apply: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
    refuse: Callable[[Item, Exception], Awaitable[Sequence[Result]]],
    connection: Connection,
) -> Sequence[Result]:
    """The results of ``apply``, called within a savepoint; where it fails, each half of ``items`` is tried alone.

    An item that fails alone leaves no trace and goes to ``refuse`` with its error. Errors that are not the data's
    (``is_weather``, and everything outside ``CAUSED_BY_DATA``) are raised.
    """
    if not items:
        return ()
    try:
        async with connection.transaction():  # a savepoint
            return await apply(items)
    except CAUSED_BY_DATA as error:
        if is_weather(error):
            raise
        if len(items) == 1:
            return await refuse(items[0], error)
    half = len(items) // 2
    first = await apply_or_bisect(items[:half], apply, refuse, connection)
    second = await apply_or_bisect(items[half:], apply, refuse, connection)
    return [*first, *second]
