"""What waits for a commit: it happens behind it, never without it, and keeps nothing alive."""

import asyncio
import gc
import weakref
from contextlib import suppress
from functools import partial

import pytest

from mandegar.database import after_commit, transaction


class Batch:
    """Something large."""


async def test_it_is_called_behind_the_commit_and_not_at_all_without_one(toy):
    said: list[str] = []
    async with transaction(toy.worker):
        after_commit(partial(said.append, "committed"))
        assert said == []
    assert said == ["committed"]

    async def fail() -> None:
        async with transaction(toy.worker):
            after_commit(partial(said.append, "rolled back"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert said == ["committed"]


async def test_outside_of_a_transaction_there_is_nothing_to_wait_for(toy):
    async with transaction(toy.worker):
        pass
    with pytest.raises(RuntimeError):
        after_commit(lambda: None)


@pytest.mark.parametrize("rolled_back", [False, True])
async def test_a_connection_that_was_given_back_keeps_nothing_of_its_batch(toy, rolled_back):
    """It goes on holding the context of whoever used it last."""
    batches: list[weakref.ref[Batch]] = []

    def promise() -> None:
        batch = Batch()
        batches.append(weakref.ref(batch))
        after_commit(partial(id, batch))

    async def apply() -> None:
        async with transaction(toy.worker) as connection:
            await connection.fetchval("SELECT 1")
            promise()
            if rolled_back:
                raise ZeroDivisionError

    for _ in range(3):
        with suppress(ZeroDivisionError):
            await asyncio.create_task(apply())
    gc.collect()
    assert [batch() for batch in batches] == [None] * 3
