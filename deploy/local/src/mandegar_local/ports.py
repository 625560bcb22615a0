"""The ports of a stack, at fixed offsets from a base, and all below the range of ephemeral ports."""

import os
import socket
from dataclasses import dataclass

from mandegar_local.stack_error import StackError

DEFAULT_BASE = 8000
# A client that retries while a server is down may get the server's port as its own ephemeral one and connect to itself.
FIRST_EPHEMERAL = 32768
SERVICES = ("ingest", "loyalty", "churn", "notify")
# The process of a service that answers requests has the service's name, the one that works this one.
WORKERS = {service: f"{service}-worker" for service in SERVICES}
# All of ours that run on this machine, whatever servers they use.
OWN_PROCESSES = (*SERVICES, *WORKERS.values(), "mailbox", "sms_outbox")
_OFFSETS = {
    **{name: index for index, name in enumerate(SERVICES, start=1)},
    **{name: index for index, name in enumerate(WORKERS.values(), start=11)},
    "mailbox": 25,
    "smtp": 26,
    "sms_outbox": 27,
    "postgres": 54,
    "kafka": 92,
    "kafka_controller": 93,
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of a stack, by the name of the listening process."""

    base: int

    def __getitem__(self, name: str) -> int:
        return self.base + _OFFSETS[name]

    def items(self) -> list[tuple[str, int]]:
        """The names and ports of all listening processes."""
        return [(name, self.base + offset) for name, offset in _OFFSETS.items()]


def ports_from_environment() -> Ports:
    """The ports from MANDEGAR_PORT_BASE (default 8000) on. Raises StackError for an invalid base."""
    text = os.environ.get("MANDEGAR_PORT_BASE") or str(DEFAULT_BASE)
    highest = FIRST_EPHEMERAL - max(_OFFSETS.values()) - 1
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= highest:
        raise StackError(f"MANDEGAR_PORT_BASE is {text!r}; it must be a number from 1024 to {highest}.")
    return Ports(int(text))


def require_free(name: str, port: int) -> None:
    """Raise StackError if a process listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(
                f"Port {port} ({name}) is in use on this machine. Stop the process that listens on it, or choose other "
                "ports with MANDEGAR_PORT_BASE."
            ) from error
