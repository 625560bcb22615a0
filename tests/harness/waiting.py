"""Waiting for something to become true, under a deadline, instead of sleeping and hoping."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T] | T], holds: Callable[[T], bool], *, seconds: float = 60) -> T:
    """The result of ``look`` once it ``holds``; ``AssertionError`` with the last result after ``seconds``."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        seen = look()
        result: T = await seen if isawaitable(seen) else seen  # type: ignore[assignment]
        if holds(result):
            return result
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {seconds} s; last seen: {result!r}")
        await asyncio.sleep(0.05)
