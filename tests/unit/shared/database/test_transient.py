"""Which errors of the database pass by themselves, and which come back with the same data."""

import asyncpg
import pytest

from mandegar.database import is_transient

TRANSIENT = (
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


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: error.__name__)
def test_a_transient_error_may_be_retried(error):
    assert is_transient(error("said by a test"))


@pytest.mark.parametrize("error", POISON, ids=lambda error: error.__name__)
def test_poison_stays(error):
    assert not is_transient(error("said by a test"))


def test_a_database_error_without_a_code_is_not_transient():
    assert not is_transient(asyncpg.PostgresError("said by a test"))
