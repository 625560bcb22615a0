"""Decoding the body of a request, within a size. Its bytes and its time are limited for every route by the library."""

import zlib

from starlette.datastructures import Headers
from starlette.requests import Request

from ingest.doors.request.limits import REQUEST_BYTES_MAX
from mandegar.web import Problem
from mandegar.web.edge.limits import BODY_BYTES

MEMBERS_MAX = 64
_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Delivery:
    """A request on its way through a door. Its body is read when it is first asked for, and once."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body: bytes | None = None

    @property
    def headers(self) -> Headers:
        return self._request.headers

    def size(self, limit: int) -> int:
        """The bytes that the body may have: as declared, or ``limit`` if it is encoded or sent in chunks."""
        length = self.headers.get("content-length", "")
        if self.headers.get("content-encoding", "identity") != "identity" or not (
            length.isascii() and length.isdigit()
        ):
            return limit
        return min(int(length[:15]), limit)

    async def body(self, limit: int = REQUEST_BYTES_MAX) -> bytes:
        """The decoded body of at most ``limit`` bytes; raises ``Problem`` 400, 408, 413 or 415."""
        if self._body is None:
            self._body = await read_request(self._request, limit)
        return self._body


async def read_request(request: Request, limit: int) -> bytes:
    """The decoded body of at most ``limit`` bytes; raises ``Problem`` 400, 408, 413 or 415."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", *_WINDOW):
        headers = {"Accept-Encoding": "gzip, deflate, identity"}
        raise Problem(
            415, "unsupported_encoding", "Content-Encoding must be gzip, deflate or identity", headers=headers
        )
    request.scope[BODY_BYTES] = limit
    body = await request.body()
    if len(body) > limit:
        raise _too_large(limit)
    window = _WINDOW.get(encoding)
    return body if window is None else unpack(body, window, limit)


def unpack(body: bytes, window: int, limit: int) -> bytes:
    """Decode gzip (window 31, one or more members) or deflate (window 15, with or without zlib header)."""
    if window == _WINDOW["deflate"] and (len(body) < 2 or body[0] & 15 != 8 or int.from_bytes(body[:2]) % 31):
        window = -15
    parts: list[bytes] = []
    room = limit
    while body or not parts:
        if len(parts) == MEMBERS_MAX:  # each member copies the rest: thousands take seconds
            raise Problem(400, "bad_encoding", f"A gzip body can have at most {MEMBERS_MAX} members")
        part, body = _unpack_member(body, window, room)
        parts.append(part)
        room -= len(part)
        if window != _WINDOW["gzip"]:
            break
    return b"".join(parts)


def _unpack_member(packed: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """The content of the first member and the bytes after it. Decoding stops as soon as it exceeds the limit."""
    unpacking = zlib.decompressobj(window)
    try:
        part = unpacking.decompress(packed, limit + 1)
        if len(part) <= limit:
            part += unpacking.flush()
    except zlib.error:
        raise _undecodable() from None
    if len(part) > limit:
        raise _too_large(limit)
    if not unpacking.eof:
        raise _undecodable()
    return part, unpacking.unused_data


def _undecodable() -> Problem:
    return Problem(400, "bad_encoding", "The request body cannot be decoded as its Content-Encoding")


def _too_large(limit: int) -> Problem:
    return Problem(413, "too_large", f"The request body is larger than {limit} bytes after decoding")
