"""HTTP requests with retries, so that the demo survives a kill -9 of any process."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx2

from mandegar.clock import monotonic_seconds
from mandegar.http_client import HttpClient
from mandegar_local.stack_error import StackError

RETRY_SECONDS = 120.0
_AWAY = frozenset({408, 425, 429, 502, 503, 504})
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0
_REQUEST_SECONDS = 20.0
_CONNECTIONS = 16

OnWait = Callable[[str], None]


class RetryingClient:
    """An HTTP client with retries. Calls `on_wait` with a sentence before each wait, and with "" after an answer."""

    def __init__(
        self,
        token: str,
        on_wait: OnWait,
        *,
        seconds: float = RETRY_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = HttpClient(
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_REQUEST_SECONDS,
            limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
        )
        self._seconds = seconds
        self.on_wait = on_wait

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def request(self, method: str, url: str, **request: Any) -> httpx2.Response:
        """The first answer that asks for no retry. For requests that may be repeated without harm.

        Waits as Retry-After says. Raises StackError after two minutes of retries.
        """
        deadline = monotonic_seconds() + self._seconds
        wait, waited = _FIRST_WAIT_SECONDS, False
        while True:
            try:
                answer = await self._client.request(method, url, **request)
                why = f"answers {answer.status_code}"
                if answer.status_code not in _AWAY:
                    if waited:
                        self.on_wait("")
                    return answer
                pause = max(wait, _retry_after(answer.headers))
            except httpx2.TransportError as error:
                why, pause = f"does not answer ({type(error).__name__})", wait
            if monotonic_seconds() + pause > deadline:
                raise StackError(
                    f"{_where(url)} {why}, after {self._seconds:.0f} s of retries; see its log in .local/log."
                )
            waited = True
            self.on_wait(f"{_where(url)} {why}; retrying in {pause:.1f} s")
            await asyncio.sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    async def call(
        self, method: str, url: str, *, expected: Collection[int] = range(200, 300), **request: Any
    ) -> dict[str, Any]:
        """The JSON object of an answer, empty without one. Raises StackError for a status that is not ``expected``."""
        answer = await self.request(method, url, **request)
        if answer.status_code not in expected:
            raise StackError(f"{method} {url} answered {answer.status_code}: {answer.text[:300]}")
        said: dict[str, Any] = answer.json() if answer.content else {}
        return said

    async def get_json(self, url: str, **parameters: str | int) -> Any:
        """The JSON of a GET answer. Raises StackError for a status other than 200."""
        return await self._get_json(url, params=parameters)

    async def get_json_as(self, token: str, url: str) -> Any:
        """The JSON of a GET answer to another token. Raises StackError for a status other than 200."""
        return await self._get_json(url, headers={"Authorization": f"Bearer {token}"})

    async def _get_json(self, url: str, **request: Any) -> Any:
        return await self.call("GET", url, expected={200}, **request)


def _retry_after(headers: Mapping[str, str]) -> float:
    text = headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT_SECONDS) if text.isascii() and text.isdigit() else 0.0


def _where(url: str) -> str:
    return url.removeprefix("http://").split("/", maxsplit=1)[0]
