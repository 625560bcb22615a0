"""SMS over Kavenegar's REST API. Each send carries a number of ours (``localid``), by which it can be looked up."""

import asyncio
import json
import logging
from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple
from uuid import UUID

from httpx2 import AsyncClient, ConnectError, ConnectTimeout, PoolTimeout, Timeout
from pydantic import SecretStr

from mandegar.telemetry.logging import logger
from notify.channels.answers import reference, retry_after
from notify.channels.channel import Outcome, Outgoing

log = logger(__name__)

TIMEOUT_SECONDS = 15.0
# An answer about one message has some hundred bytes. A longer one is not read to its end.
ANSWER_BYTES_MAX = 65_536

# The key is part of the path, and the client logs every URL that it calls.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)

_ACCEPTED = frozenset({1, 2, 4, 5, 10})
_REFUSED = {6: "failed", 11: "undelivered", 13: "cancelled", 14: "blocked_by_recipient"}
_NEVER_RECEIVED = 100
# problems of the account, the sender or the provider's load: the same message may be accepted later
_LATER = frozenset({401, 403, 407, 409, 412, 416, 418, 424, 426, 428, 429, 430, 431, 432})
_NEVER = frozenset({400, 404, 405, 406, 411, 413, 414, 417, 422})


class Answer(NamedTuple):
    """What the provider answered over HTTP. ``body`` is None if it is compressed or too long."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class KavenegarChannel:
    """One account at one base address, ``https://api.kavenegar.com`` or a server with the same interface."""

    can_look_up = True

    def __init__(self, url: str, key: SecretStr, *, timeout: float = TIMEOUT_SECONDS) -> None:
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        # An answer is read as it comes: decompressed, a short one could be of any size.
        plain = {"Accept-Encoding": "identity"}
        self._client = AsyncClient(timeout=Timeout(timeout, connect=5.0), cookies=no_cookies, headers=plain)
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
        return _by_status(entry) or Outcome("unknown", "sms_status_unclear", reference(entry.get("messageid")))

    async def lookup(self, send_id: UUID) -> Outcome | None:
        """Look a send up by its ``localid``."""
        answer = await self._call("statuslocalmessageid", {"localid": str(local_id(send_id))})
        if isinstance(answer, Outcome):
            return None
        entry = _first_entry(answer)
        if entry is None:
            return None
        if _status(entry) == _NEVER_RECEIVED:
            return Outcome("retry", "sms_never_received")
        return _by_status(entry)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _call(self, method: str, form: dict[str, str]) -> Answer | Outcome:
        url = f"{self._url}/v1/{self._key.get_secret_value()}/sms/{method}.json"
        try:
            async with (
                asyncio.timeout(self._timeout),  # the client's own timeout starts again with every byte
                self._client.stream("POST", url, data=form) as response,
            ):
                body = bytearray()
                async for part in response.aiter_raw():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX:
                        break
                readable = (
                    len(body) <= ANSWER_BYTES_MAX and response.headers.get("content-encoding", "identity") == "identity"
                )
                return Answer(response.status_code, response.headers, bytes(body) if readable else None)
        except (ConnectError, ConnectTimeout, PoolTimeout):
            return Outcome("retry", "sms_unreachable")
        except Exception as error:  # noqa: BLE001  whatever the client raises, the provider may have the message
            log.info("sms_no_answer", error=type(error).__name__)
            return Outcome("unknown", "sms_no_answer")


def local_id(send_id: UUID) -> int:
    """The number of a send at the provider: 62 bits, which fit into its ``long``."""
    return send_id.int & ((1 << 62) - 1)


def national(phone: str) -> str:
    """An E.164 number in the provider's notation: ``09…`` for Iran, ``00…`` for other countries."""
    return "0" + phone[3:] if phone.startswith("+98") else "00" + phone.lstrip("+")


def _first_entry(answer: Answer) -> dict[str, Any] | None:
    if answer.status != 200 or answer.body is None:
        return None
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    entries = content.get("entries") if isinstance(content, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else entries
    return first if isinstance(first, dict) else None


def _by_status(entry: dict[str, Any]) -> Outcome | None:
    status, ref = _status(entry), reference(entry.get("messageid"))
    if status in _ACCEPTED:
        return Outcome("accepted", provider_ref=ref)
    if status in _REFUSED:
        return Outcome("refused", f"sms_{_REFUSED[status]}", ref)
    return None


def _status(entry: dict[str, Any]) -> int | None:
    status = entry.get("status")
    return status if type(status) is int else None


def _by_code(answer: Answer) -> Outcome:
    code = answer.status
    if code in _NEVER:
        return Outcome("refused", f"sms_{code}")
    if code in _LATER:
        return Outcome("retry", f"sms_{code}", retry_after=retry_after(answer.headers))
    return Outcome("unknown", f"sms_{code}")
