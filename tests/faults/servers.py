"""The broker and the database of a run, and how each is killed, frozen and started again."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mandegar_local.children import ChildServer
from mandegar_local.kafka import Proxied, start_kafka
from mandegar_local.postgres import start_postgres


@dataclass
class Server:
    """A server that can be brought back after whatever was done to it. ``start_it`` blocks until it answers."""

    name: str
    start_it: Callable[[], ChildServer]
    running: ChildServer | None = field(default=None)

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.pid

    async def start(self) -> None:
        self.running = await asyncio.to_thread(self.start_it)

    async def stop(self) -> None:
        """End it as its operator would."""
        if self.running is not None:
            self.thaw()
            await asyncio.to_thread(self.running.stop)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it with a signal, and return when it is gone."""
        assert self.running is not None
        if self.running.exit_code is None:
            os.kill(self.pid, number)
            await asyncio.to_thread(self.running.child.process.wait)
        self.running.stop()

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        if self.running is not None and self.running.exit_code is None:
            os.kill(self.pid, signal.SIGCONT)

    @property
    def alive(self) -> bool:
        return self.running is not None and self.running.exit_code is None

    async def heal(self) -> None:
        """Running and answering, whatever was done to it."""
        self.thaw()
        if not self.alive:
            await self.start()


def broker(directory: Path, port: int, controller_port: int, proxied: Proxied) -> Server:
    """Kafka with a listener of its own for whoever comes through the proxy."""

    def start() -> ChildServer:
        return start_kafka(directory, port, controller_port=controller_port, proxied=proxied, log=_quiet)

    return Server("broker", start)


def database(directory: Path, port: int) -> Server:
    """PostgreSQL that keeps what it commits."""
    return Server("postgres", lambda: start_postgres(directory, port, fast=False, log=_quiet))


def _quiet(_: str) -> None:
    return
