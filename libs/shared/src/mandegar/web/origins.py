"""The web pages that may use a service from a browser: origins of shops, for tokens, and of sources, for doors."""

import asyncio
from collections.abc import Mapping, Sequence

from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, is_transient, transaction
from mandegar.telemetry.logging import logger

log = logger(__name__)

CACHED_SECONDS = 5.0
PATIENCE_SECONDS = 2.0
_SHOPS = "SELECT shop, unnest(origins) AS origin FROM shops"


class Origins:
    """The allowed origins, read from the database at most every five seconds, and only while pages ask.

    ``queries`` select further origins, which only doors allow. If the database does not answer, the last ones remain.
    """

    def __init__(self, pool: Pool, queries: Sequence[str] = ()) -> None:
        self._pool, self._queries = pool, tuple(queries)
        self._shops: Mapping[str, frozenset[str]] = {}
        self._others: frozenset[str] = frozenset()
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Read the origins again if they are old. Waits only for the first ones: later they are read in the back."""
        if self._read_at is not None and monotonic_seconds() - self._read_at < CACHED_SECONDS:
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        if self._read_at is None:
            await asyncio.wait({self._reading}, timeout=PATIENCE_SECONDS)

    def is_known(self, origin: str) -> bool:
        """Whether any shop or source allows the origin."""
        return origin in self._shops or origin in self._others

    def is_of_shop(self, origin: str, shop: str) -> bool:
        """Whether a shop allows the origin."""
        return shop in self._shops.get(origin, frozenset())

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), transaction(self._pool) as connection:
                of_shops = await connection.fetch(_SHOPS)
                others = [row["origin"] for query in self._queries for row in await connection.fetch(query)]
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("origins_not_read", error=type(error).__name__)
            return
        shops: dict[str, set[str]] = {}
        for row in of_shops:
            shops.setdefault(row["origin"], set()).add(row["shop"])
        self._shops = {origin: frozenset(names) for origin, names in shops.items()}
        self._others = frozenset(others)
        self._read_at = monotonic_seconds()
