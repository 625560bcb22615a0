"""Tells transient errors of the database, for which a retry helps, from errors that the same data raise again."""

import asyncpg

# The classes to which transient errors belong; for a ``PostgresError`` its SQLSTATE decides.
TRANSIENT_CLASSES: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a subclass of neither; asyncpg may raise it after the process was frozen
)
_TRANSIENT_STATES = ("08", "40", "53", "55P03", "57", "58", "25P03")


def is_transient(error: BaseException) -> bool:
    """Whether a retry of the same work can succeed."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_TRANSIENT_STATES)
    return isinstance(error, TRANSIENT_CLASSES)
