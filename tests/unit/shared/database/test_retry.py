"""Retries: transient errors alone, as often as is said, and without the words of an error in the logs."""

import asyncio

import asyncpg
import pytest

from mandegar.database import retry_transient


class Work:
    """Raises the errors it was made with, one a call, then returns how often it was called."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls

    async def retried(self, *, seconds: float = 0.0, attempts: int | None = None) -> int:
        @retry_transient(first_seconds=seconds, max_seconds=seconds, attempts=attempts)
        async def work() -> int:
            return await self()

        return await work()


async def test_transient_errors_are_retried_until_the_work_is_done():
    work = Work(asyncpg.ConnectionDoesNotExistError("gone"), OSError("refused"), TimeoutError())

    assert await work.retried() == 4


async def test_an_error_of_the_data_is_raised_at_once():
    work = Work(asyncpg.UniqueViolationError("duplicate"))

    with pytest.raises(asyncpg.UniqueViolationError):
        await work.retried()
    assert work.calls == 1


async def test_the_last_attempt_raises_its_error():
    work = Work(OSError("first"), OSError("second"), OSError("third"))

    with pytest.raises(OSError, match="second"):
        await work.retried(attempts=2)
    assert work.calls == 2


@pytest.mark.parametrize("seconds", [0.0, 3600.0], ids=["between calls", "in a wait"])
async def test_work_without_a_bound_ends_when_it_is_cancelled(seconds):
    work = Work(*(OSError("refused") for _ in range(100_000)))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await work.retried(seconds=seconds)
    assert work.calls >= 1
