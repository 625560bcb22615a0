"""Requests that outlive a kill -9 of whatever they ask: tried again, for a bounded time, and never silently."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from mandegar.clock import monotonic_seconds
from mandegar_local.failure import StackError

PATIENCE_SECONDS = 120.0
_AWAY = frozenset({408, 425, 429, 502, 503, 504})
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0
_REQUEST_SECONDS = 20.0
_CONNECTIONS = 16

Tell = Callable[[str], None]


class Patient:
    """Asks the services of one house. `tell` gets a sentence while an answer is waited for, and "" when it came."""

    def __init__(
        self,
        token: str,
        tell: Tell,
        *,
        seconds: float = PATIENCE_SECONDS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = httpx2.AsyncClient(
            transport=transport,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_REQUEST_SECONDS,
            limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
        )
        self._seconds = seconds
        self.tell = tell

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def ask(self, method: str, url: str, **request: Any) -> httpx2.Response:
        """The answer, once it is one. Only for requests that may be repeated.

        429 and 503 are waited out as Retry-After says. Raises StackError when nothing answers for two minutes.
        """
        deadline = monotonic_seconds() + self._seconds
        wait, waited = _FIRST_WAIT_SECONDS, False
        while True:
            try:
                answer = await self._client.request(method, url, **request)
                why = f"answers {answer.status_code}"
                if answer.status_code not in _AWAY:
                    if waited:
                        self.tell("")
                    return answer
                pause = max(wait, _retry_after(answer.headers))
            except httpx2.TransportError as error:
                why, pause = f"does not answer ({type(error).__name__})", wait
            if monotonic_seconds() + pause > deadline:
                raise StackError(
                    f"{_where(url)} {why}, and did so for {self._seconds:.0f} s; see its log in .local/log."
                )
            waited = True
            self.tell(f"{_where(url)} {why}; trying again in {pause:.1f} s")
            await asyncio.sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    async def read(self, url: str, **parameters: str | int) -> Any:
        """The JSON of a GET. Raises StackError for any answer but 200."""
        answer = await self.ask("GET", url, params=parameters)
        if answer.status_code != 200:
            raise StackError(f"GET {url} was answered with {answer.status_code}: {answer.text[:300]}")
        return answer.json()


def _retry_after(headers: Mapping[str, str]) -> float:
    text = headers.get("Retry-After", "")
    return min(float(text), _LONGEST_WAIT_SECONDS) if text.isascii() and text.isdigit() else 0.0


def _where(url: str) -> str:
    return url.removeprefix("http://").split("/", maxsplit=1)[0]
