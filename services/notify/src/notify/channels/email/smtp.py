"""Mail over SMTP: connections that are reused, and outcomes that distinguish refusals of a mail from other faults."""

import asyncio
from urllib.parse import unquote, urlsplit
from uuid import UUID

from mandegar.events.addresses import parse_address
from mandegar.telemetry.logging import logger
from notify.channels.channel import Outcome, Outgoing
from notify.channels.email.outcomes import outcome_of
from notify.channels.email.session import Failed, Relay, Session, Silence, open_session
from notify.channels.email.wire import Answer

log = logger(__name__)

TIMEOUT_SECONDS = 15.0
MESSAGES_PER_CONNECTION = 200
# The schemes of an address, with their usual ports.
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class SmtpChannel:
    """The relay behind ``<scheme>://[user:password@]host[:port]``, with at most so many connections at a time.

    ``smtps`` begins with TLS. ``smtp+starttls`` sends neither password nor mail before STARTTLS has succeeded; ``smtp``
    uses STARTTLS only if the server offers it, so anybody between the two can keep it from being used.
    Certificates and host names are verified, against ``ca_file`` as well if it is given.
    """

    can_look_up = False

    def __init__(self, url: str, *, ca_file: str = "", timeout: float = TIMEOUT_SECONDS, connections: int = 1) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("the SMTP address looks like smtps://host:port or smtp+starttls://host:port")
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._relay = Relay(parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme, login, ca_file)
        self._timeout = timeout
        self._free = asyncio.Semaphore(connections)
        self._idle: list[Session] = []

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
        async with self._free:
            return await self._hand_over(message.content, sender, to)

    async def lookup(self, send_id: UUID) -> Outcome | None:  # noqa: ARG002
        """Always None: SMTP has no look-up."""
        return None

    async def close(self) -> None:
        """Say goodbye on the connections that are not in use, and close them."""
        while self._idle:
            self._idle.pop().leave()

    async def _hand_over(self, content: bytes, sender: str, to: str) -> Outcome:
        session, sent = None, False
        try:
            session = await self._announced(sender)
            await session.name_recipient(to)
            await session.ask_for_content()
            session.limit(self._until())
            sent = True
            answer: Answer | Silence = await session.send_content(content)
            outcome = outcome_of("content", answer)
        except Failed as failed:
            answer, outcome = failed.answer, outcome_of(failed.stage, failed.answer)
        except BaseException as error:
            if session is not None:
                session.abort()
            if not isinstance(error, Exception):
                raise
            # whatever was raised: before the content the server does not have the mail, behind it it may have it
            log.error("smtp_client_failed", error=type(error).__name__)  # noqa: TRY400  texts may quote an address
            return Outcome("unknown" if sent else "retry", "smtp_failed", fault="content" if sent else "connect")
        if session is not None:
            self._keep(session, answer, outcome)
        return outcome

    async def _announced(self, sender: str) -> Session:
        """A session on which a mail of this sender is announced: an idle one, else a new one."""
        until = self._until()
        while self._idle:
            session = self._idle.pop()
            try:
                return await _announce(session, sender, until)
            except Failed as failed:
                # Servers end idle connections. Nothing of this mail was said on this one.
                if not _has_ended(failed.answer):
                    raise
        return await _announce(await open_session(self._relay, until), sender, until)

    def _until(self) -> float:
        return asyncio.get_running_loop().time() + self._timeout

    def _keep(self, session: Session, answer: Answer | Silence, outcome: Outcome) -> None:
        """Keep the connection for another mail, unless its server ended it or answered what belongs elsewhere."""
        refused = isinstance(answer, Answer) and answer.code >= 400 and not _has_ended(answer)
        if not refused and outcome.kind != "accepted":
            session.abort()
        elif session.used >= MESSAGES_PER_CONNECTION:
            session.leave()
        else:
            self._idle.append(session)


async def _announce(session: Session, sender: str, until: float) -> Session:
    try:
        session.limit(until)
        await session.announce(sender)
    except BaseException:
        session.abort()
        raise
    return session


def _has_ended(answer: Answer | Silence) -> bool:
    return answer.code == 421 if isinstance(answer, Answer) else answer != "no_answer"
