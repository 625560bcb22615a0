"""Every port of a stack, counted from one base; all below the range from which clients' own ports are drawn."""

import os
import socket
from dataclasses import dataclass

from mandegar_local.failure import StackError

DEFAULT_BASE = 8000
# A client that retries while a server is down can be given the server's port as its own, and then connect to itself.
FIRST_EPHEMERAL = 32768
SERVICES = ("ingest", "loyalty", "churn", "notify")
_OFFSETS = {
    **{name: index for index, name in enumerate(SERVICES, start=1)},
    "mailbox": 25,
    "smtp": 26,
    "sms_outbox": 27,
    "postgres": 54,
    "kafka": 92,
    "kafka_controller": 93,
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one stack by the name of the process that listens."""

    base: int

    def __getitem__(self, name: str) -> int:
        return self.base + _OFFSETS[name]

    def items(self) -> list[tuple[str, int]]:
        """Name and port of everything that listens."""
        return [(name, self.base + offset) for name, offset in _OFFSETS.items()]


def ports_from_environment() -> Ports:
    """The ports counted from MANDEGAR_PORT_BASE (default 8000). Raises StackError for a base that cannot work."""
    text = os.environ.get("MANDEGAR_PORT_BASE") or str(DEFAULT_BASE)
    highest = FIRST_EPHEMERAL - max(_OFFSETS.values()) - 1
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= highest:
        raise StackError(f"MANDEGAR_PORT_BASE is {text!r}; it must be a number from 1024 to {highest}.")
    return Ports(int(text))


def require_free(name: str, port: int) -> None:
    """Raise StackError when something else listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(
                f"Port {port} ({name}) is taken on this machine; stop what listens there, or move the whole stack "
                "with MANDEGAR_PORT_BASE."
            ) from error
