"""Turns in parsing: the event loop parses one large body at a time, in slices, and does everything else in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ingest.domain.sources import Source
from ingest.hallway.room import units_of
from ingest.hallway.turns import Turns

# A smaller body is parsed at once: in less than a millisecond.
SMALL_BYTES = 8 * 1024


class ParsingTurns:
    """Who may parse a large body: one at a time, in turns of shops and of their sources."""

    def __init__(self) -> None:
        self._waiting: Turns[asyncio.Future[None]] = Turns()
        self._taken = False

    @asynccontextmanager
    async def turn(self, source: Source, size: int) -> AsyncIterator[None]:
        """Wait for the turn of a body of ``size`` bytes, and have it while the block runs."""
        if size <= SMALL_BYTES:
            yield
            return
        loop = asyncio.get_running_loop()
        if self._taken:
            turn: asyncio.Future[None] = loop.create_future()
            self._waiting.add(source.shop.id, source.id, turn, units_of(0, size))
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():
                    self._pass_on()
                raise
        self._taken = True
        try:
            yield
        finally:
            # Later, because bodies that arrived at the same time would else be parsed one behind the other.
            loop.call_soon(self._pass_on)

    def _pass_on(self) -> None:
        while self._waiting:
            (turn,) = self._waiting.take(1)
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
