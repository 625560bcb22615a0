"""The connections of a process: how many there may be, which makes room for a new one, and which are overdue."""

from collections import Counter
from typing import Protocol

from uvicorn.server import ServerState

from mandegar.clock import monotonic_seconds
from mandegar.telemetry import metrics
from mandegar.web.edge.limits import Limits


class Held(Protocol):
    """A connection as it is counted here."""

    # None for a trusted proxy, behind which are many callers.
    address: str | None

    def end(self) -> None:
        """Close at once."""

    def abort(self) -> None:
        """Close at once, without sending what waits."""

    def expire(self, now: float) -> None:
        """Close if a deadline has passed."""


class Connections(ServerState):
    """The state of the HTTP server: its connections, by address and in the order in which they began to wait."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits
        # Those without a request in hand: new, idle, or with a part of a request's head.
        self._waiting: dict[Held, None] = {}
        self._per_address: Counter[str] = Counter()

    def admit(self, connection: Held) -> bool:
        """Count a new connection. At a limit the one that waits longest is closed for it; False if none waits."""
        address = connection.address
        if address is not None:
            self._per_address[address] += 1
        room = True
        if address is not None and self._per_address[address] > self.limits.connections_per_address:
            room = self._end_first(address)
        elif len(self.connections) > self.limits.connections:
            room = self._end_first(None)
        self._waiting[connection] = None
        return room

    def leave(self, connection: Held) -> None:
        """Forget a connection that is lost."""
        self._waiting.pop(connection, None)
        address = connection.address
        if address is not None:
            self._per_address[address] -= 1
            if not self._per_address[address]:
                del self._per_address[address]

    def waits(self, connection: Held) -> None:
        """Note that a connection has no request in hand from now on."""
        self._waiting[connection] = None

    def works(self, connection: Held) -> None:
        """Note that a connection has a request in hand."""
        self._waiting.pop(connection, None)

    def sweep(self) -> None:
        """Close the connections whose deadline has passed: one look at all, instead of a timer for each request."""
        now = monotonic_seconds()
        for connection in tuple(self.connections):
            connection.expire(now)  # type: ignore[union-attr]

    def abort(self) -> None:
        """Close all connections, whatever they do."""
        for connection in tuple(self.connections):
            connection.abort()  # type: ignore[union-attr]

    def _end_first(self, address: str | None) -> bool:
        first = next((one for one in self._waiting if address is None or one.address == address), None)
        if first is None:
            return False
        del self._waiting[first]
        metrics.HTTP_REFUSED.labels("connection_reused").inc()
        first.end()
        return True
