"""Which errors of the database pass by themselves, and which come back with the same data."""

import asyncpg
import pytest

from mandegar.database import is_weather

WEATHER = (
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.DiskFullError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
    ConnectionRefusedError,
    ConnectionResetError,
)
POISON = (
    asyncpg.UniqueViolationError,
    asyncpg.NotNullViolationError,
    asyncpg.CheckViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DataError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.InvalidTextRepresentationError,
    asyncpg.UndefinedTableError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.InFailedSQLTransactionError,
    ValueError,
    KeyError,
)


@pytest.mark.parametrize("error", WEATHER, ids=lambda error: error.__name__)
def test_weather_passes(error):
    assert is_weather(error("said by a test"))


@pytest.mark.parametrize("error", POISON, ids=lambda error: error.__name__)
def test_poison_stays(error):
    assert not is_weather(error("said by a test"))


def test_a_database_error_without_a_code_is_no_weather():
    assert not is_weather(asyncpg.PostgresError("said by a test"))
