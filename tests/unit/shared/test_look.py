"""A look: one query at a time, whoever asks, and no asker can end it or be ended by it."""

import asyncio

from mandegar.look import Look


class Query:
    """A query that ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        await self.may_end.wait()
        return self.begun


async def test_all_who_ask_at_once_share_one_query():
    query = Query()
    look = Look(query, seconds=5)
    askers = [asyncio.create_task(look.ask()) for _ in range(100)]
    await asyncio.sleep(0)
    query.may_end.set()

    assert await asyncio.gather(*askers) == [1] * 100
    assert await look.ask() == 2


async def test_an_asker_who_loses_patience_or_is_cancelled_does_not_end_the_query():
    query = Query()
    look = Look(query, seconds=5)

    assert await look.ask(patience=0.01) is None
    impatient = asyncio.create_task(look.ask())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait({impatient})

    query.may_end.set()
    assert await look.ask() == 1


async def test_a_query_without_end_is_ended():
    look = Look(Query(), seconds=0.01)

    assert await look.ask() is None


async def test_an_error_is_no_result_and_the_next_asker_asks_anew():
    async def confused() -> int:
        raise AttributeError("'NoneType' object has no attribute 'end_offsets'")

    async def cancels_itself() -> int:
        raise asyncio.CancelledError

    for query in (confused, cancels_itself):
        look = Look(query, seconds=5)
        assert await look.ask() is None
        assert await look.ask() is None


async def test_a_closed_look_leaves_no_task_behind():
    query = Query()
    look = Look(query, seconds=5)
    await look.ask(patience=0.01)

    await look.close()

    query.may_end.set()
    assert await look.ask() == 2
