"""What a dead letter says of the error that made it: enough to find the cause, nothing of the row."""

import asyncpg

from mandegar.lanes.application import reason_of
from mandegar.stream import PermanentError


def database_error(message: str, **fields: str) -> asyncpg.PostgresError:
    error = asyncpg.UniqueViolationError(message)
    for name, value in fields.items():
        setattr(error, name, value)
    return error


def test_a_refusal_of_a_domain_is_told_in_its_own_words():
    assert (
        reason_of(PermanentError("wrong_currency", "the currency is not IRR"))
        == "PermanentError: the currency is not IRR"
    )


def test_a_refusal_of_the_database_is_told_by_its_code_and_constraint():
    error = database_error("duplicate key", constraint_name="pk_contacts", detail="(email)=(sara@example.test)")

    assert reason_of(error) == "UniqueViolationError: 23505 pk_contacts"


def test_arguments_that_the_client_could_not_send_are_not_repeated():
    error = asyncpg.DataError("invalid input for query argument $1: ['sara@example.test']")

    assert "sara" not in reason_of(error)
