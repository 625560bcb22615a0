"""Waiting for something to become true, under a deadline, instead of sleeping and hoping."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], *, seconds: float = 20) -> T:
    """What ``look`` gives once ``holds`` is true of it; ``AssertionError`` with the last look after ``seconds``."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        seen = await look()
        if holds(seen):
            return seen
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {seconds} s; last seen: {seen!r}")
        await asyncio.sleep(0.05)
