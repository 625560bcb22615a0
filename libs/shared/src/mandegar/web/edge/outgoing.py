"""The side of a connection on which answers go out, and how it is closed so that the last of them can be read."""

import asyncio
from collections.abc import Callable


class Outgoing(asyncio.Transport):
    """A transport whose ``close`` lingers while a request is still coming in.

    To close a socket with unread input resets the connection, and the reset may overtake the answer. So the sending
    side is closed first, and ``on_close`` decides when the connection ends.
    """

    def __init__(self, transport: asyncio.Transport, midway: Callable[[], bool], on_close: Callable[[], None]) -> None:
        super().__init__()
        self._transport, self._midway, self._on_close = transport, midway, on_close
        self._closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closed:
            self._transport.write(data)

    def is_closing(self) -> bool:
        return self._closed or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        self._closed = True
        if self._midway():
            self._transport.write_eof()
        else:
            self._transport.close()
        self._on_close()
