"""Brings changes of the key set into a running process: new keys, removed keys, revoked tokens."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from mandegar.clock import monotonic_seconds
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger
from mandegar.tokens.keys import BYTES_MAX, InvalidKeys, read_keys
from mandegar.tokens.verify import TokenVerifier

log = logger(__name__)

FETCH_SECONDS = 5.0
# However many tokens of unknown keys strangers send.
RELOAD_SECONDS_MIN = 5.0

Load = Callable[[], Awaitable[bytes]]


class NotLoaded(OSError):
    """The key set could not be read from where it is."""


class KeyWatch:
    """Loads the key set every ``seconds``, and earlier after a token of an unknown key.

    If that fails, the keys stay as they are, and ``check`` says since when.
    """

    def __init__(self, tokens: TokenVerifier, load: Load, *, seconds: float) -> None:
        self._tokens, self._load, self._seconds = tokens, load, seconds
        self._loaded_at: float | None = None
        self._failure: str | None = None

    async def run(self) -> None:
        """Load again and again, until cancelled."""
        while True:
            await self.load_once()
            await asyncio.sleep(min(RELOAD_SECONDS_MIN, self._seconds))
            await self._tokens.key_unknown.wait(max(0.0, self._seconds - RELOAD_SECONDS_MIN))
            self._tokens.key_unknown.clear()

    async def load_once(self) -> None:
        """Take over the key set as it is now; keep the present one if it cannot be read or is not valid."""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                keys = read_keys(await self._load())
        except (OSError, InvalidKeys) as error:
            # TimeoutError is an OSError.
            self._failure = str(error) or type(error).__name__
            metrics.KEY_RELOADS.labels("failed").inc()
            log.warning("keys_not_loaded", why=self._failure)
            return
        if keys.by_kid.keys() != self._tokens.keys.by_kid.keys():
            log.info("keys_changed", kids=sorted(keys.by_kid))
        self._tokens.keys, self._failure, self._loaded_at = keys, None, monotonic_seconds()
        metrics.KEY_RELOADS.labels("loaded").inc()

    async def check(self) -> str | None:
        """A sentence while the last attempt to load failed."""
        if self._failure is None:
            return None
        age = "never" if self._loaded_at is None else f"{monotonic_seconds() - self._loaded_at:.0f} s ago"
        return f"the key set cannot be loaded (loaded last: {age}): {self._failure}"


def from_file(path: str) -> Load:
    """Loads the key set from a file."""

    async def load() -> bytes:
        return await asyncio.to_thread(_read, Path(path))

    return load


def from_url(url: str) -> Load:
    """Loads the key set from an URL, without following redirects."""

    async def load() -> bytes:
        import httpx2  # here, because it takes memory that a process without an URL does not need

        from mandegar.http_client import HttpClient

        try:
            async with (
                HttpClient(timeout=FETCH_SECONDS, follow_redirects=False) as client,
                client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
            ):
                if answer.status_code != 200:
                    raise NotLoaded(f"the answer has the status {answer.status_code}")
                text = bytearray()
                async for chunk in answer.aiter_bytes():
                    text += chunk
                    if len(text) > BYTES_MAX:
                        raise NotLoaded(f"the answer is longer than {BYTES_MAX} bytes")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise NotLoaded(type(error).__name__) from error
        return bytes(text)

    return load


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BYTES_MAX + 1)
