"""The runner's end of the proxy: every connection of a service goes through a link that can be made to suffer."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PROXY = Path(__file__).with_name("proxy.py")


class Network:
    """The links of one stack by name: ``kafka``, ``postgres``, ``smtp``, ``sms``."""

    def __init__(self, links: Mapping[str, tuple[int, int]]) -> None:
        self.links = links
        self._process: asyncio.subprocess.Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def start(self) -> None:
        arguments = [f"{name}={port}:{target}" for name, (port, target) in self.links.items()]
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(PROXY), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        await self._answer()

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def suffer(self, link: str, **toxics: Any) -> None:
        """Let a link suffer ``toxics`` (see ``proxy.Toxics``) and nothing else; none heal it."""
        assert self._process is not None
        assert self._process.stdin is not None
        async with self._one_at_a_time:
            self._process.stdin.write(json.dumps({"link": link, **toxics}).encode() + b"\n")
            await self._process.stdin.drain()
            await self._answer()

    @asynccontextmanager
    async def suffering(self, *links: str, **toxics: Any) -> AsyncIterator[None]:
        """Let links suffer inside the block."""
        for link in links:
            await self.suffer(link, **toxics)
        try:
            yield
        finally:
            for link in links:
                await self.suffer(link)

    async def heal(self) -> None:
        for link in self.links:
            await self.suffer(link)

    async def _answer(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        if not await asyncio.wait_for(self._process.stdout.readline(), 10):
            raise RuntimeError("the proxy has ended; run it by hand to see why: python tests/faults/proxy.py")
