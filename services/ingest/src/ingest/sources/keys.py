"""Looking up the source that a key belongs to.

A look-up is cached for three seconds, so a revoked key and a changed or closed source take effect within five.
"""

import asyncio
import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from cachetools import TTLCache

from ingest.domain.sources import Source
from ingest.sources.rows import find_key, source_of, touch_key
from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, transaction

CACHED_SECONDS = 3.0
CACHED_MAX = 10_000
TOUCH_EVERY = timedelta(minutes=1)


class _LookUp(NamedTuple):
    digest: bytes
    source: Source | None


class KeyRing:
    """The sources behind keys, cached per process. Prefixes that do not exist are cached too."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._cache: TTLCache[str, _LookUp] = TTLCache(CACHED_MAX, CACHED_SECONDS, monotonic_seconds)
        self._looking_up: dict[str, asyncio.Task[_LookUp]] = {}

    async def source(self, key: str, now: datetime) -> Source | None:
        """The source of a live key, or None."""
        scheme, _, rest = key.partition("_")
        prefix = rest.partition("_")[0]
        if scheme != "mdg" or not prefix.isalnum() or len(key) > 100 or not key.isascii():
            return None
        found = self._cache.get(prefix)
        if found is None:
            found = await self._look_up_once(prefix, now)
        matches = hmac.compare_digest(found.digest, sha256(key.encode()).digest())
        return found.source if matches else None

    async def _look_up_once(self, prefix: str, now: datetime) -> _LookUp:
        """Look the key up together with all requests that need it now: there are hundreds when it is forgotten."""
        looking_up = self._looking_up.get(prefix)
        if looking_up is None:
            looking_up = self._looking_up[prefix] = asyncio.create_task(self._look_up(prefix, now))
            looking_up.add_done_callback(lambda _: self._looking_up.pop(prefix))
        return await asyncio.shield(looking_up)

    async def _look_up(self, prefix: str, now: datetime) -> _LookUp:
        async with transaction(self._pool) as connection:
            row = await find_key(connection, prefix)
            if row is not None and (row["last_used_at"] is None or now - row["last_used_at"] > TOUCH_EVERY):
                await touch_key(connection, prefix, now)
        found = self._cache[prefix] = _LookUp(b"", None) if row is None else _LookUp(row["hash"], source_of(row))
        return found
