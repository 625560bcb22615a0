"""Large bodies are parsed one at a time, in turns of their shops, and the loop is free in between."""

import asyncio
from zoneinfo import ZoneInfo

import pytest

from ingest.domain.sources import Shop, Source
from ingest.hallway.parsing_turns import SMALL_BYTES, ParsingTurns

LARGE = 1024 * 1024


def source(shop: str) -> Source:
    return Source(f"{shop}-1", Shop(shop, "IRR", ZoneInfo("Asia/Tehran"), "IR"))


async def test_bodies_that_arrive_together_are_parsed_in_turns_and_a_small_one_waits_for_none():
    turns, order = ParsingTurns(), []

    async def parse(shop: str, size: int) -> None:
        async with turns.turn(source(shop), size):
            order.append(shop)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(parse("greedy", LARGE))
        group.create_task(parse("modest", LARGE))
        group.create_task(parse("small", SMALL_BYTES))

    assert order.index("small") <= 1, "it waited behind large bodies"
    assert order.index("modest") <= 5, "it waited behind all bodies of one shop"
    assert len(order) == 22


async def test_the_loop_does_something_else_between_two_large_bodies():
    turns, loop, ticks, parsed_at = ParsingTurns(), asyncio.get_running_loop(), 0, []

    def tick() -> None:
        nonlocal ticks
        ticks += 1
        loop.call_soon(tick)

    async def parse() -> None:
        async with turns.turn(source("greedy"), LARGE):
            parsed_at.append(ticks)

    tick()
    await asyncio.gather(*(parse() for _ in range(10)))

    assert len(set(parsed_at)) == 10, parsed_at


@pytest.mark.parametrize("given_the_turn", [False, True])
async def test_a_request_that_goes_away_leaves_its_turn_to_the_next(given_the_turn):
    turns, entered = ParsingTurns(), asyncio.Event()

    async def parse() -> None:
        async with turns.turn(source("a"), LARGE):
            entered.set()

    async with turns.turn(source("a"), LARGE):
        leaves, stays = asyncio.create_task(parse()), asyncio.create_task(parse())
        await asyncio.sleep(0)
        if not given_the_turn:
            leaves.cancel()
    if given_the_turn:
        asyncio.get_running_loop().call_soon(leaves.cancel)  # behind the callback that gives it the turn
    async with asyncio.timeout(5):
        await asyncio.wait({leaves, stays})

    assert stays.exception() is None
    assert entered.is_set()
