"""SMS over Kavenegar's REST API. Each send carries a number of ours (``localid``), by which it can be looked up."""

import asyncio
import logging
from http.cookiejar import CookieJar, DefaultCookiePolicy
from uuid import UUID

from httpx2 import ConnectError, ConnectTimeout, PoolTimeout, Timeout
from pydantic import SecretStr

from mandegar.events.addresses import can_receive_sms, parts_of_phone
from mandegar.http_client import HttpClient
from mandegar.telemetry.logging import logger
from notify.channels.channel import Outcome, Outgoing
from notify.channels.sms.outcomes import Answer, outcome_of_lookup, outcome_of_send

log = logger(__name__)

TIMEOUT_SECONDS = 15.0
# An answer about one message has some hundred bytes. A longer one is not read to its end.
ANSWER_BYTES_MAX = 65_536
IRAN = 98

# The key is part of the path, and the client logs every URL that it calls.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)


class KavenegarChannel:
    """One account at one base address, ``https://api.kavenegar.com`` or a server with the same interface."""

    can_look_up = True

    def __init__(self, url: str, key: SecretStr, *, timeout: float = TIMEOUT_SECONDS) -> None:
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        # An answer is read as it comes: decompressed, a short one could be of any size.
        plain = {"Accept-Encoding": "identity"}
        self._client = HttpClient(timeout=Timeout(timeout, connect=5.0), cookies=no_cookies, headers=plain)
        self._timeout = timeout
        self._url = url.rstrip("/")
        self._key = key

    async def send(self, message: Outgoing) -> Outcome:
        """Send one SMS; ``unknown`` if the answer was lost or is not conclusive."""
        if not can_receive_sms(message.to):
            return Outcome("refused", "no_mobile_number")
        form = {
            "receptor": national(message.to),
            "sender": message.sender,
            "message": message.content.decode(),
            "localid": str(local_id(message.send_id)),
        }
        answer = await self._call("send", form)
        return answer if isinstance(answer, Outcome) else outcome_of_send(answer, local_id(message.send_id))

    async def lookup(self, send_id: UUID) -> Outcome | None:
        """Look a send up by its ``localid``."""
        answer = await self._call("statuslocalmessageid", {"localid": str(local_id(send_id))})
        return None if isinstance(answer, Outcome) else outcome_of_lookup(answer, local_id(send_id))

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
            return Outcome("retry", "sms_unreachable", fault="connect")
        except Exception as error:  # noqa: BLE001  whatever the client raises, the provider may have the message
            log.info("sms_no_answer", error=type(error).__name__)
            return Outcome("unknown", "sms_no_answer", fault="send")


def local_id(send_id: UUID) -> int:
    """The number of a send at the provider: 62 bits, which fit into its ``long``."""
    return send_id.int & ((1 << 62) - 1)


def national(phone: str) -> str:
    """An E.164 number in the provider's notation: ``09…`` for Iran, ``00…`` for other countries."""
    code, number = parts_of_phone(phone)
    return f"0{number}" if code == IRAN and not number.startswith("0") else f"00{code}{number}"
