"""A cancelled transaction ends as cancelled, also where the database is gone by then."""

import asyncio

import pytest

from builders.acts import act
from harness.databases import ServiceDatabase
from mandegar.database import as_shop, as_shop_writing, transaction

TRANSACTIONS = {
    "of the worker": lambda toy: transaction(toy.worker),
    "of a shop": lambda toy: as_shop(toy.web, "s"),
    "of a shop that writes": lambda toy: as_shop_writing(toy.web, act()),
}


@pytest.mark.parametrize("which", TRANSACTIONS)
async def test_an_error_of_the_rollback_does_not_replace_a_cancellation(toy: ServiceDatabase, which: str):
    """A loop that retries transient errors would otherwise not end."""
    begun = asyncio.Event()

    async def work() -> None:
        async with TRANSACTIONS[which](toy) as connection:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                connection.terminate()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
