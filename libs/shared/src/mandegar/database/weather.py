"""Tells errors of the database that pass by themselves (weather) from those that the same data will cause again."""

import asyncpg

WEATHER_CLASSES: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of neither family above; raised after the process was frozen
)
"""The classes among which passing errors are; of a ``PostgresError`` its SQLSTATE decides."""
_PASSING_STATES = ("08", "40", "53", "55P03", "57", "58", "25P03")


def is_weather(error: BaseException) -> bool:
    """Return whether the same work can succeed if it is tried again later."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_PASSING_STATES)
    return isinstance(error, WEATHER_CLASSES)
