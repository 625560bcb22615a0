"""Which database errors pass by themselves (weather), and which will come back with the same data (poison)."""

import asyncpg

_WEATHER_CLASSES = ("08", "40", "53", "55P03", "57", "58", "25P03")


def is_weather(error: BaseException) -> bool:
    """Whether trying the same work again later can succeed.

    After a process was frozen, asyncpg may also raise ``InternalClientError``: neither of its two other families.
    """
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_WEATHER_CLASSES)
    return isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError | TimeoutError | OSError)
