"""Mail over SMTP: one connection that is reused, and an outcome that tells a lost answer from a refusal."""

import asyncio
import re
from urllib.parse import unquote, urlsplit
from uuid import UUID

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from mandegar.events.addresses import parse_address
from mandegar.telemetry.logging import logger
from notify.channels.channel import Outcome, Outgoing

log = logger(__name__)

TIMEOUT_SECONDS = 15.0
MESSAGES_PER_CONNECTION = 200
# The schemes of an address, with their usual ports.
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ENHANCED = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")


class SmtpChannel:
    """The relay behind ``<scheme>://[user:password@]host[:port]``.

    ``smtps`` begins with TLS. ``smtp+starttls`` sends neither password nor mail before STARTTLS has succeeded; ``smtp``
    uses STARTTLS only if the server offers it, so anybody between the two can keep it from being used.
    Certificates and host names are verified, against ``ca_file`` as well if it is given.
    """

    can_look_up = False

    def __init__(self, url: str, *, ca_file: str = "", timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("the SMTP address looks like smtps://host:port or smtp+starttls://host:port")
        self._client = SMTP(
            hostname=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            use_tls=parts.scheme == "smtps",
            start_tls=None if parts.scheme == "smtp" else False,
            cert_bundle=ca_file or None,
            timeout=timeout,
        )
        self._requires_starttls = parts.scheme == "smtp+starttls"
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._timeout = timeout
        self._one_at_a_time = asyncio.Lock()
        self._used = 0

    async def send(self, message: Outgoing) -> Outcome:
        """Send one mail; ``unknown`` only if the answer to its content was lost."""
        try:
            to = parse_address(message.to).wire
        except ValueError:
            return Outcome("refused", "bad_address")
        try:
            sender = parse_address(message.sender).wire
        except ValueError:
            return Outcome("refused", "bad_sender")
        async with self._one_at_a_time:
            reused = self._client.is_connected
            outcome = await self._attempt(message.content, sender, to)
            if outcome.code == "smtp_unreachable" and reused:
                # servers close idle connections; nothing of this mail was sent yet
                outcome = await self._attempt(message.content, sender, to)
            return outcome

    async def lookup(self, send_id: UUID) -> Outcome | None:  # noqa: ARG002
        """Always None: SMTP has no look-up."""
        return None

    async def close(self) -> None:
        """Send QUIT and close the connection."""
        async with self._one_at_a_time:
            await self._leave()

    async def _attempt(self, content: bytes, sender: str, to: str) -> Outcome:
        # The client's own timeout starts again with every command.
        until = asyncio.get_running_loop().time() + self._timeout
        try:
            if not_ready := await self._connect(until):
                return Outcome("retry", not_ready)
            async with asyncio.timeout_at(until):
                await self._client.mail(sender)
                await self._client.rcpt(to)
        except SMTPResponseException as error:
            return await self._answered(error) or Outcome("retry", "smtp_unreadable")
        except (SMTPException, OSError):
            self._client.close()
            return Outcome("retry", "smtp_unreachable")
        except Exception as error:  # noqa: BLE001  whatever the client raises, the server does not have the content
            self._failed(error)
            return Outcome("retry", "smtp_failed")
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._client.data(content)
        except SMTPResponseException as error:
            return await self._answered(error) or Outcome("unknown", "smtp_unreadable")
        except (SMTPException, OSError):
            self._client.close()
            return Outcome("unknown", "smtp_no_answer")
        except Exception as error:  # noqa: BLE001  whatever the client raises, the server may have the content
            self._failed(error)
            return Outcome("unknown", "smtp_failed")
        self._used += 1
        return Outcome("accepted", provider_ref=f"smtp_{answer.code}")

    async def _answered(self, error: SMTPResponseException) -> Outcome | None:
        """The outcome of a refusal; None for an answer that is none, behind which no later one can be trusted."""
        if not 400 <= error.code < 600:
            self._client.close()
            return None
        await self._reset_envelope()
        enhanced = _ENHANCED.search(error.message or "")
        code = f"smtp_{error.code}" + (f"_{enhanced[1]}" if enhanced else "")
        return Outcome("refused" if error.code >= 500 else "retry", code)

    def _failed(self, error: Exception) -> None:
        log.error("smtp_client_failed", error=type(error).__name__)
        self._client.close()

    async def _connect(self, until: float) -> str | None:
        """Connect, encrypt and log in, unless that was done; the code of what failed, or None.

        What a server answers here says nothing about the mail, so the mail is not refused for it.
        """
        if self._out_of_step():
            self._client.close()
        if self._client.is_connected and self._used >= MESSAGES_PER_CONNECTION:
            await self._leave()
        if self._client.is_connected:
            return None
        step = "smtp_unreachable"
        try:
            async with asyncio.timeout_at(until):
                await self._client.connect()
                if self._requires_starttls:
                    step = "smtp_no_tls"
                    await self._client.starttls()
                if self._login:
                    step = "smtp_login_failed"
                    await self._client.login(*self._login)
        except (SMTPException, OSError):
            self._client.close()
            return step
        self._used = 0
        return None

    def _out_of_step(self) -> bool:
        """Whether the server has answered more than it was asked: the next answers would be those of other commands."""
        protocol = self._client.protocol
        return protocol is not None and bool(protocol._buffer)  # noqa: SLF001  the library does not tell

    async def _reset_envelope(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._client.rset()
        except Exception:  # noqa: BLE001  the mail's outcome is known; the next one gets a new connection
            self._client.close()

    async def _leave(self) -> None:
        if self._client.is_connected:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._client.quit()
            except Exception:  # noqa: BLE001  nothing depends on a farewell
                self._client.close()
