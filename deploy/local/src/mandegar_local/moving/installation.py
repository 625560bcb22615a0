"""An installation out of which, or into which, a shop moves."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mandegar.kafka.broker import Broker
from mandegar_local.stack_error import StackError


@dataclass(frozen=True)
class Installation:
    """Its broker, and the environment of each service's commands. Topics have ``prefix`` before their names."""

    broker: Broker
    partitions: int
    services: Mapping[str, Mapping[str, str]]
    prefix: str = ""

    async def run(self, service: str, *words: str) -> None:
        """Run a command of a service, which shows its progress. Raises StackError with what it says if it fails."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", service, *words), env=dict(self.services[service]), stderr=asyncio.subprocess.PIPE
        )
        try:
            _, said = await child.communicate()
        except asyncio.CancelledError:
            child.kill()
            await child.wait()
            raise
        if child.returncode:
            lines = said.decode(errors="replace").strip().splitlines()
            raise StackError(lines[-1] if lines else f"{service} {words[0]} ended with {child.returncode}.")
