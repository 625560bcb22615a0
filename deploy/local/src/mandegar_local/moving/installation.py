"""An installation out of which, or into which, a shop moves."""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mandegar.environment import PREFIX
from mandegar.kafka.broker import Broker
from mandegar_local.stack_error import StackError

WORKER_DATABASE_URL: Final = f"{PREFIX}WORKER_DATABASE_URL"


@dataclass(frozen=True)
class Installation:
    """Its broker, and the environment of each service's commands. Topics have ``prefix`` before their names."""

    broker: Broker
    partitions: int
    services: Mapping[str, Mapping[str, str]]
    prefix: str = ""

    def worker_url(self, service: str) -> str:
        """The address of a service's database for its worker."""
        environment = self.services[service]
        url = environment.get(WORKER_DATABASE_URL)
        return Path(environment[f"{WORKER_DATABASE_URL}_FILE"]).read_text().strip() if url is None else url

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
