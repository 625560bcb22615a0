"""SMTP on the wire (RFC 5321): one connection, its commands, and answers that are read exactly or not at all.

An answer that is no answer is ``Unreadable``, and so is one that was not asked for: behind either, the answers that
follow could belong to any command.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from typing import NamedTuple, cast

# RFC 5321 allows 512 bytes a line; a server that sends much more than servers do is not read to its end.
LINE_MAX = 8_192
ANSWER_MAX = 32_768

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\0\r\n]*))?\r?\n")
# RFC 2034: the enhanced code begins the text of a line. RFC 3463: class, subject, detail.
_ENHANCED = re.compile(r"(?m)^([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")


class Unreadable(Exception):
    """What the server sent is no answer to the latest command."""


class HungUp(Exception):
    """The connection ended before the answer."""


class Answer(NamedTuple):
    """A whole answer, or one line of it; ``text`` has those of all of its lines, each on its own."""

    code: int
    text: str

    @property
    def enhanced(self) -> str | None:
        """The first enhanced status code of the same class as ``code``, if a line has one."""
        found = (each[0] for each in _ENHANCED.finditer(self.text) if int(each[1]) == self.code // 100)
        return next(found, None)


def whole(lines: Sequence[Answer]) -> Answer:
    """The answer that the lines are together: servers explain themselves on any of them."""
    return Answer(lines[-1].code, "\n".join(line.text for line in lines))


def parse(data: bytes | bytearray) -> tuple[list[Answer], int] | None:
    """The lines of the first answer in ``data`` and its length; None if its end is missing. Raises ``Unreadable``."""
    lines: list[Answer] = []
    at = 0
    while (end := data.find(b"\n", at)) != -1:
        line = _LINE.fullmatch(data, at, end + 1) if end - at < LINE_MAX else None
        if line is None or (lines and int(line[1]) != lines[0].code):
            raise Unreadable
        lines.append(Answer(int(line[1]), (line[3] or b"").decode("ascii", "replace").strip()))
        at = end + 1
        if at > ANSWER_MAX:
            raise Unreadable
        if line[2] != b"-":
            return lines, at
    if len(data) - at > LINE_MAX or len(data) > ANSWER_MAX:
        raise Unreadable
    return None


class Wire(asyncio.Protocol):
    """One connection. ``until``, a time of the event loop, is the limit that its users set for each other."""

    def __init__(self, until: float) -> None:
        self.until = until
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._lost = False
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        # whoever reads stops at ANSWER_MAX; more than that is not kept for anybody
        if len(self._received) <= ANSWER_MAX:
            self._received += data
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  the name is given
        self._lost = True
        self._news.set()

    async def answer(self) -> list[Answer]:
        """The lines of the next answer."""
        while (found := parse(self._received)) is None:
            if self._lost:
                raise HungUp
            self._news.clear()
            await self._news.wait()
        lines, length = found
        del self._received[:length]
        return lines

    async def ask(self, data: bytes) -> list[Answer]:
        """Send a command or a mail and return the lines of its answer."""
        self.require_silence()
        if self._lost or self._transport is None:
            raise HungUp
        self._transport.write(data)
        return await self.answer()

    def require_silence(self) -> None:
        """Raise ``Unreadable`` if the server has sent something unasked."""
        if self._received:
            raise Unreadable

    async def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS. What was received in clear before it is not believed."""
        self.require_silence()
        if self._lost or self._transport is None:
            raise HungUp
        loop = asyncio.get_running_loop()
        encrypted = await loop.start_tls(self._transport, self, context, server_hostname=host)
        if encrypted is None:
            raise HungUp
        self._transport = encrypted

    def leave(self) -> None:
        """Say goodbye and close; nothing depends on the answer."""
        if self._transport is not None and not self._lost:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()
