"""One HTTP connection: uvicorn's, with limits on the bytes and the time of heads, bodies and answers."""

import asyncio
import ipaddress
from math import inf
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from mandegar.clock import monotonic_seconds
from mandegar.telemetry import metrics
from mandegar.web.edge.connections import Connections
from mandegar.web.edge.limits import network_of
from mandegar.web.edge.outgoing import Outgoing
from mandegar.web.edge.refusal import REFUSALS, raw_answer

EXTENSION = "mandegar.connection"


class Connection(HttpToolsProtocol):
    """The limits are checked where bytes arrive, because the parser has none and its work grows with their square."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.address: str | None = None
        self._held = cast("Connections", server_state)
        self._limits = self._held.limits
        self._extensions = {EXTENSION: self}
        self._incoming: asyncio.Transport
        self._read_by, self._written_by = inf, inf
        self._body_by = inf
        # Whether a head is awaited, its bytes so far, and bytes of a body's framing since its last content.
        self._in_head, self._head_bytes, self._framing_bytes = True, 0, 0
        self._unsent = 0
        self._reason = "malformed"
        self._deaf, self._discarded = False, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._incoming = transport
        self.transport = Outgoing(transport, lambda: self._deaf or not self._in_head, self._closing)
        self.address = self._counted_address()
        self._read_by = monotonic_seconds() + self._limits.head_seconds
        if not self._held.admit(self):
            metrics.HTTP_REFUSED.labels("connections").inc()
            self.transport.write(raw_answer(REFUSALS["connections"]))
            self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._held.leave(self)
        self._extensions.clear()

    def data_received(self, data: bytes) -> None:
        size = self._limits.head_bytes
        for start in range(0, len(data), size):
            if self._deaf:
                self._discard(len(data) - start)
                return
            self._feed(data if len(data) <= size else data[start : start + size])

    def _feed(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        in_head, cycle, framing = self._in_head, self.cycle, self._framing_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # there is none to upgrade to: the request was answered as it stands
        except httptools.HttpParserError:
            self._refuse(self._reason)
            return
        if self._in_head:
            # A head that began within ``data``, behind another request, is counted from the next data on.
            self._head_bytes = self._head_bytes + len(data) if in_head and self.cycle is cycle else 0
            if self._head_bytes >= self._limits.head_bytes:
                self._refuse("head_bytes")
            return
        self._read_by = min(self._body_by, monotonic_seconds() + self._limits.part_seconds)
        # Content resets it. What is left are chunk extensions and trailers, which have no end of their own.
        framed = not in_head and self._framing_bytes == framing
        self._framing_bytes = framing + len(data) if framed else 0
        if self._framing_bytes > self._limits.head_bytes:
            self._refuse("body_framing")

    # Callbacks of the parser
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = cast("Any", self._extensions)
        self._read_by = monotonic_seconds() + self._limits.head_seconds

    def on_headers_complete(self) -> None:
        if len(self.headers) > self._limits.headers:
            self._reason = "headers"
            raise ValueError(self._reason)
        if len(self.pipeline) >= self._limits.pipelined:
            self._reason = "pipelined"
            raise ValueError(self._reason)
        super().on_headers_complete()
        self.headers = []  # trailers must not become headers of the request
        self._in_head, self._framing_bytes = False, 0
        self._body_by = monotonic_seconds() + self._limits.body_seconds
        self._held.works(self)

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._framing_bytes = -1

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head_bytes, self._read_by = True, 0, inf

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.pipeline and not self.transport.is_closing():
            self._held.waits(self)

    def _should_upgrade(self) -> bool:
        return False

    # Answers that are not read
    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._written_by = inf

    def _await_reader(self) -> None:
        self._unsent = self._incoming.get_write_buffer_size()
        self._written_by = monotonic_seconds() + self._limits.write_seconds

    # Ends
    def unread(self, scope: object) -> bool:
        """Whether the body of the request with this scope has not arrived in full."""
        cycle = self._latest()
        return cycle is not None and cycle.scope is scope and cycle.more_body

    def _latest(self) -> RequestResponseCycle | None:
        return self.cycle

    def shutdown(self) -> None:
        if self._deaf:
            self._incoming.abort()
        else:
            super().shutdown()

    def end(self) -> None:
        """Close without lingering."""
        self._deaf = True
        self._incoming.close()
        self._await_reader()

    def abort(self) -> None:
        self._incoming.abort()

    def expire(self, now: float) -> None:
        if now >= self._written_by:
            if self._unsent - self._incoming.get_write_buffer_size() >= self._limits.write_bytes:
                self._await_reader()
                return
            metrics.HTTP_REFUSED.labels("slow_reader").inc()
            self._incoming.abort()
        elif now >= self._read_by:
            self._read_late(now)

    def _read_late(self, now: float) -> None:
        if self._deaf:
            self._incoming.abort()
        elif self.flow.read_paused:  # it is for us to read
            self._read_by = now + self._limits.part_seconds
        elif not self._in_head:
            self._refuse("body_time")
        elif self._head_bytes:
            self._refuse("head_time")
        else:
            self.end()

    def _refuse(self, reason: str) -> None:
        """Answer with a problem if no other answer is due, and close."""
        metrics.HTTP_REFUSED.labels(reason).inc()
        self._deaf = True
        cycle = self._latest()
        if cycle is not None and not cycle.response_complete:
            if self._in_head:  # an earlier request of the pipeline is still being answered
                cycle.keep_alive = False
                self._read_by = inf
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.close()
                return
        self.transport.write(raw_answer(REFUSALS[reason]))
        self.transport.close()

    def _closing(self) -> None:
        self._await_reader()
        if self._deaf or not self._in_head:
            self._deaf, self._read_by = True, monotonic_seconds() + self._limits.linger_seconds

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self._limits.linger_bytes and not self._incoming.is_closing():
            self._incoming.pause_reading()

    def _counted_address(self) -> str | None:
        host = self.client[0] if self.client else ""
        if self._limits.trusted_proxies and host:
            peer = ipaddress.ip_address(host)
            if any(peer in network for network in self._limits.trusted_proxies):
                return None
        return network_of(host)
