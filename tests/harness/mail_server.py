"""A mail server that answers any bytes at any stage."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from harness.listening import listening
from notify.channels.email.smtp import SmtpChannel

HANG_UP = None
# The bytes of an answer, or its parts, which are written one after the other; None in it is a hang-up.
Scripted = bytes | None | list[bytes | None]
PROPER = {
    "greeting": b"220 sink\r\n",
    "EHLO": b"250-sink\r\n250-AUTH PLAIN\r\n250 SIZE 1000000\r\n",
    "AUTH": b"235 welcome\r\n",
    "DATA": b"354 go on\r\n",
    "QUIT": b"221 bye\r\n",
}


class ScriptedServer:
    """Answers a stage with the bytes in ``script``, others properly.

    ``contents`` are the mails that it read, ``said`` the commands.
    """

    def __init__(self, script: Mapping[str, Scripted]) -> None:
        self.script = dict(script)
        self.contents: list[bytes] = []
        self.said: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._answer(writer, "greeting")
        while line := await reader.readline():
            self.said.append(line)
            stage = line.split()[0].decode("latin-1").upper() if line.strip() else ""
            await self._answer(writer, stage)
            if stage == "QUIT":
                break
            if stage == "DATA" and self._asks_for_content():
                self.contents.append(await reader.readuntil(b"\r\n.\r\n"))
                await self._answer(writer, "content")

    def _asks_for_content(self) -> bool:
        answer = self.script.get("DATA", PROPER["DATA"])
        whole = b"".join(part or b"" for part in answer) if isinstance(answer, list) else answer or b""
        return whole.startswith(b"354")

    async def _answer(self, writer: asyncio.StreamWriter, stage: str) -> None:
        answer = self.script.get(stage, PROPER.get(stage, b"250 OK\r\n"))
        for part in answer if isinstance(answer, list) else [answer]:
            if part is HANG_UP:
                await asyncio.sleep(0.01)  # what was written before it is sent
                writer.transport.abort()
                raise ConnectionResetError
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)


@asynccontextmanager
async def mail_server(
    script: Mapping[str, Scripted], *, timeout: float = 0.5, scheme: str = "smtp", login: str = ""
) -> AsyncIterator[tuple[SmtpChannel, ScriptedServer]]:
    """The adapter, and the server that it is connected to."""
    scripted = ScriptedServer(script)
    async with listening(scripted) as port:
        channel = SmtpChannel(f"{scheme}://{login}127.0.0.1:{port}", timeout=timeout)
        try:
            yield channel, scripted
        finally:
            await channel.close()
