"""A session with a relay: connected, greeted, encrypted and logged in; then one mail after the other.

Each step raises ``Failed`` with its stage and with what the server answered instead of what the step needs.
"""

import asyncio
import base64
import hmac
import re
import socket
import ssl
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from notify.channels.email.wire import Answer, HungUp, Unreadable, Wire, whole

Stage = Literal["connect", "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "content"]
# ``no_answer``: it took too long. ``not_offered``: the server lacks what the settings require.
Silence = Literal["hung_up", "no_answer", "unreadable", "not_offered"]

_LINE_END = re.compile(rb"\r\n|\r|\n")
_HOST_NAME = re.compile(r"[A-Za-z0-9.-]+")
_DOT = re.compile(rb"(?m)^\.")


class Failed(Exception):
    """A stage was not completed."""

    def __init__(self, stage: Stage, answer: Answer | Silence) -> None:
        super().__init__(stage)
        self.stage, self.answer = stage, answer


@dataclass
class Relay:
    """The server to connect to, and how. ``login`` is the user with the password."""

    host: str
    port: int
    scheme: str
    login: tuple[str, str] | None
    ca_file: str
    _own_name: str = ""

    async def own_name(self) -> str:
        """The name of this machine, looked up once."""
        if not self._own_name:
            name = await asyncio.to_thread(socket.getfqdn)
            self._own_name = name if _HOST_NAME.fullmatch(name) else "localhost"
        return self._own_name


@asynccontextmanager
async def stage(name: Stage, wire: Wire) -> AsyncIterator[None]:
    """Whatever ends the block before its answer, and the time limit of the wire too, is ``Failed`` at this stage."""
    try:
        async with asyncio.timeout_at(wire.until):
            yield
    except TimeoutError:
        raise Failed(name, "no_answer") from None
    except Unreadable:
        raise Failed(name, "unreadable") from None
    except (HungUp, OSError):
        raise Failed(name, "hung_up") from None


class Session:
    """One connection that is ready for mails. ``used`` counts those that the server has taken."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._mail_begun = False
        self.used = 0

    async def announce(self, sender: str) -> None:
        """Announce a mail, and forget one that was announced before and not sent."""
        if self._mail_begun:
            await self._ask("mail", b"RSET", {250})
        self._mail_begun = True
        await self._ask("mail", f"MAIL FROM:<{sender}>".encode("ascii"), {250})

    async def name_recipient(self, to: str) -> None:
        """Name the one recipient."""
        await self._ask("rcpt", f"RCPT TO:<{to}>".encode("ascii"), {250, 251})

    async def ask_for_content(self) -> None:
        """Ask whether the content may come. Before the server says so, nothing of the mail was sent."""
        await self._ask("data", b"DATA", {354})
        async with stage("data", self._wire):
            self._wire.require_silence()

    async def send_content(self, content: bytes) -> Answer:
        """Send the content, and return what the server says to it."""
        lines = _LINE_END.sub(b"\r\n", content).removesuffix(b"\r\n")
        async with stage("content", self._wire):
            answer = whole(await self._wire.ask(_DOT.sub(b"..", lines) + b"\r\n.\r\n"))
        if answer.code == 250:
            self._mail_begun, self.used = False, self.used + 1
        return answer

    def limit(self, until: float) -> None:
        """Give up at this time of the event loop."""
        self._wire.until = until

    def leave(self) -> None:
        """Say goodbye and close."""
        self._wire.leave()

    def abort(self) -> None:
        """Close at once."""
        self._wire.abort()

    async def _ask(self, name: Stage, command: bytes, expected: Collection[int]) -> None:
        await ask(self._wire, name, command, expected)


async def ask(wire: Wire, name: Stage, command: bytes, expected: Collection[int]) -> list[Answer]:
    """Send a command; raises ``Failed`` unless the answer has an expected code."""
    async with stage(name, wire):
        lines = await wire.ask(command + b"\r\n")
    if lines[-1].code not in expected:
        raise Failed(name, whole(lines))
    return lines


async def open_session(relay: Relay, until: float) -> Session:
    """Connect, encrypt and log in, as far as the relay's scheme and login require it, by a time of the event loop."""
    wire = Wire(until)
    try:
        await _connect(wire, relay)
        offers = await _greet(wire, relay)
        if relay.scheme == "smtp+starttls" or (relay.scheme == "smtp" and "STARTTLS" in offers):
            await _encrypt(wire, relay, offers)
            offers = await _greet(wire, relay)
        if relay.login:
            await _log_in(wire, relay.login, offers)
    except BaseException:
        wire.abort()
        raise
    return Session(wire)


async def _connect(wire: Wire, relay: Relay) -> None:
    loop = asyncio.get_running_loop()
    async with stage("connect", wire):
        context = await _context(relay) if relay.scheme == "smtps" else None
        host = relay.host if context else None
        await loop.create_connection(lambda: wire, relay.host, relay.port, ssl=context, server_hostname=host)
    async with stage("greeting", wire):
        greeting = whole(await wire.answer())
    if greeting.code != 220:
        raise Failed("greeting", greeting)


async def _greet(wire: Wire, relay: Relay) -> dict[str, str]:
    """Introduce ourselves; what the server offers, by keyword. A server that does not know EHLO offers nothing."""
    async with stage("ehlo", wire):
        name = (await relay.own_name()).encode()
    try:
        _, *offers = await ask(wire, "ehlo", b"EHLO " + name, {250})
    except Failed as failed:
        if not isinstance(failed.answer, Answer) or failed.answer.code < 500:
            raise
        await ask(wire, "ehlo", b"HELO " + name, {250})
        return {}
    words = [offer.text.upper().partition(" ") for offer in offers]
    return {keyword: values for keyword, _, values in words}


async def _encrypt(wire: Wire, relay: Relay, offers: dict[str, str]) -> None:
    if "STARTTLS" not in offers:
        raise Failed("starttls", "not_offered")
    await ask(wire, "starttls", b"STARTTLS", {220})
    async with stage("starttls", wire):
        await wire.encrypt(await _context(relay), relay.host)


async def _context(relay: Relay) -> ssl.SSLContext:
    def read() -> ssl.SSLContext:
        context = ssl.create_default_context()
        if relay.ca_file:
            context.load_verify_locations(relay.ca_file)
        return context

    return await asyncio.to_thread(read)


async def _log_in(wire: Wire, login: tuple[str, str], offers: dict[str, str]) -> None:
    """Log in by the first method that succeeds: some servers offer methods for which they refuse every password."""
    refused: Failed = Failed("auth", "not_offered")
    methods = {"CRAM-MD5": _cram_md5, "PLAIN": _plain, "LOGIN": _login}
    offered = offers.get("AUTH", "").split()
    for log_in in (function for method, function in methods.items() if method in offered):
        try:
            return await log_in(wire, *login)
        except Failed as failed:
            if not isinstance(failed.answer, Answer) or failed.answer.code < 500:
                raise
            refused = failed
    raise refused


async def _cram_md5(wire: Wire, user: str, password: str) -> None:
    *_, challenge = await ask(wire, "auth", b"AUTH CRAM-MD5", {334})
    try:
        nonce = base64.b64decode(challenge.text, validate=True)
    except ValueError:
        raise Failed("auth", "unreadable") from None
    proof = hmac.new(password.encode(), nonce, "md5").hexdigest()
    await ask(wire, "auth", base64.b64encode(f"{user} {proof}".encode()), {235})


async def _plain(wire: Wire, user: str, password: str) -> None:
    await ask(wire, "auth", b"AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()), {235})


async def _login(wire: Wire, user: str, password: str) -> None:
    await ask(wire, "auth", b"AUTH LOGIN " + base64.b64encode(user.encode()), {334})
    await ask(wire, "auth", base64.b64encode(password.encode()), {235})
