"""SMS over Kavenegar's REST API. Each send carries a number of ours (``localid``), by which it can be looked up."""

import asyncio
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from httpx2 import AsyncClient, ConnectError, ConnectTimeout, HTTPError, PoolTimeout, Response, Timeout
from pydantic import SecretStr

from notify.channels.channel import Outcome, Outgoing

TIMEOUT_SECONDS = 15.0

# The key is part of the path, and the client logs every URL that it calls.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)

_ACCEPTED = frozenset({1, 2, 4, 5, 10})
_REFUSED = {6: "failed", 11: "undelivered", 13: "cancelled", 14: "blocked_by_recipient"}
_NEVER_RECEIVED = 100
# problems of the account, the sender or the provider's load: the same message may be accepted later
_LATER = frozenset({401, 403, 407, 409, 412, 416, 418, 424, 426, 428, 429, 430, 431, 432})
_NEVER = frozenset({400, 404, 405, 406, 411, 413, 414, 417, 422})


class KavenegarChannel:
    """One account at one base address, ``https://api.kavenegar.com`` or a server with the same interface."""

    can_look_up = True

    def __init__(self, url: str, key: SecretStr, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._client = AsyncClient(timeout=Timeout(timeout, connect=5.0))
        self._timeout = timeout
        self._url = url.rstrip("/")
        self._key = key

    async def send(self, message: Outgoing) -> Outcome:
        """Send one SMS; ``unknown`` if the answer was lost or is not conclusive."""
        form = {
            "receptor": national(message.to),
            "sender": message.sender,
            "message": message.content.decode(),
            "localid": str(local_id(message.send_id)),
        }
        answer = await self._call("send", form)
        if isinstance(answer, Outcome):
            return answer
        entry = _first_entry(answer)
        if entry is None:
            return _by_code(answer)
        return _by_status(entry) or Outcome("unknown", "sms_status_unclear", _ref(entry))

    async def lookup(self, send_id: UUID) -> Outcome | None:
        """Look a send up by its ``localid``."""
        answer = await self._call("statuslocalmessageid", {"localid": str(local_id(send_id))})
        if isinstance(answer, Outcome):
            return None
        entry = _first_entry(answer)
        if entry is None:
            return None
        if entry.get("status") == _NEVER_RECEIVED:
            return Outcome("retry", "sms_never_received")
        return _by_status(entry)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _call(self, method: str, form: dict[str, str]) -> Response | Outcome:
        url = f"{self._url}/v1/{self._key.get_secret_value()}/sms/{method}.json"
        try:
            async with asyncio.timeout(self._timeout):  # the client's own timeout starts again with every byte
                return await self._client.post(url, data=form)
        except (ConnectError, ConnectTimeout, PoolTimeout):
            return Outcome("retry", "sms_unreachable")
        except (HTTPError, TimeoutError):
            return Outcome("unknown", "sms_no_answer")


def local_id(send_id: UUID) -> int:
    """The number of a send at the provider: 62 bits, which fit into its ``long``."""
    return send_id.int & ((1 << 62) - 1)


def national(phone: str) -> str:
    """An E.164 number in the provider's notation: ``09…`` for Iran, ``00…`` for other countries."""
    return "0" + phone[3:] if phone.startswith("+98") else "00" + phone.lstrip("+")


def _first_entry(answer: Response) -> dict[str, Any] | None:
    if answer.status_code != 200:
        return None
    try:
        entries = answer.json().get("entries")
    except (ValueError, AttributeError):
        return None
    first = entries[0] if isinstance(entries, list) and entries else entries
    return first if isinstance(first, dict) else None


def _by_status(entry: dict[str, Any]) -> Outcome | None:
    status = entry.get("status")
    if status in _ACCEPTED:
        return Outcome("accepted", provider_ref=_ref(entry))
    if status in _REFUSED:
        return Outcome("refused", f"sms_{_REFUSED[status]}", _ref(entry))
    return None


def _by_code(answer: Response) -> Outcome:
    code = answer.status_code
    if code in _NEVER:
        return Outcome("refused", f"sms_{code}")
    if code in _LATER:
        seconds = answer.headers.get("retry-after", "")
        return Outcome(
            "retry", f"sms_{code}", retry_after=timedelta(seconds=int(seconds)) if seconds.isdecimal() else None
        )
    return Outcome("unknown", f"sms_{code}")


def _ref(entry: dict[str, Any]) -> str | None:
    ref = entry.get("messageid")
    return None if ref is None else str(ref)
