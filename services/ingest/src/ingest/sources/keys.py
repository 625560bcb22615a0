"""Source keys: made, hashed, and looked up with a short memory.

A key is ``mdg_<prefix>_<secret>``. It is shown once; only its SHA-256 is kept. What was looked up is believed for three
seconds, so a revoked key, and a changed or closed source, is noticed within five.
"""

import hmac
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from ingest.domain.sources import Source
from ingest.sources.rows import find_key, source_of, touch_key
from mandegar.clock import monotonic_seconds
from mandegar.database import Pool, transaction

BELIEVED_SECONDS = 3.0
REMEMBERED_MAX = 10_000
LIVE_KEYS_MAX = 2
TOUCH_EVERY = timedelta(minutes=1)


class NewKey(NamedTuple):
    """A key that nobody has seen yet."""

    text: str
    prefix: str
    digest: bytes


class _Found(NamedTuple):
    digest: bytes
    source: Source | None
    at: float


def new_key() -> NewKey:
    """A random key of 256 bits."""
    prefix = secrets.token_hex(6)
    text = f"mdg_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text, prefix, sha256(text.encode()).digest())


class KeyRing:
    """The sources behind keys, as this process last saw them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._found: OrderedDict[str, _Found] = OrderedDict()

    async def source(self, key: str, now: datetime) -> Source | None:
        """The source that ``key`` opens, or none."""
        scheme, _, rest = key.partition("_")
        prefix = rest.partition("_")[0]
        if scheme != "mdg" or not prefix.isalnum() or len(key) > 100 or not key.isascii():
            return None
        found = self._found.get(prefix)
        if found is None or monotonic_seconds() - found.at > BELIEVED_SECONDS:
            found = await self._look_up(prefix, now)
        matches = hmac.compare_digest(found.digest, sha256(key.encode()).digest())
        return found.source if matches else None

    async def _look_up(self, prefix: str, now: datetime) -> _Found:
        async with transaction(self._pool) as connection:
            row = await find_key(connection, prefix)
            if row is not None and (row["last_used_at"] is None or now - row["last_used_at"] > TOUCH_EVERY):
                await touch_key(connection, prefix, now)
        at = monotonic_seconds()
        found = _Found(b"", None, at) if row is None else _Found(row["hash"], source_of(row), at)
        self._found[prefix] = found
        self._found.move_to_end(prefix)
        while len(self._found) > REMEMBERED_MAX:
            self._found.popitem(last=False)
        return found
