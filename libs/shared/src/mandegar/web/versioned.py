"""Answers with an ETag: a caller who has the answer asks with ``If-None-Match``, and is told when nothing changed."""

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from starlette.responses import Response
from starlette.types import Scope

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_DIGEST_BYTES = 12
# The tag names the shop and the customer, and a cache must ask before each use: the answer of one token, kept under an
# address that others ask too, is never given to them.
_HEADERS = [(b"cache-control", b"private, no-cache"), (b"vary", b"Authorization, Origin")]
_JSON = (b"content-type", b"application/json")
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing but `as_of` has changed since the answer whose `ETag` was sent in `If-None-Match`"}
}


class VersionedBytes(Response):
    """The JSON ``body``. Its tag is the version and a digest of the shop and of ``steady``, the body without its time.

    The digest tells what the version does not: that time alone has changed the answer, or that it is another shop's.
    The tag is weak, because the fields that tell the time of the answer are left out.
    """

    def __init__(self, body: bytes, steady: bytes, version: int, *, shop: str) -> None:
        digest = blake2b(steady, digest_size=_DIGEST_BYTES, key=_key(shop))
        self.tag = f'"{version}-{digest.hexdigest()}"'
        # Not by way of Response.__init__, which takes as long as the JSON.
        self.status_code, self.background, self.body = 200, None, body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), _JSON, *_headers(self.tag)]


def unless_known(answer: Response, scope: Scope) -> Response:
    """``answer``, or 304 if the request names its tag in ``If-None-Match`` (RFC 9110, 13.1.2)."""
    if not isinstance(answer, VersionedBytes):
        return answer
    named = [value.decode("latin-1").strip() for name, value in scope["headers"] if name == b"if-none-match"]
    if not named or not _names(answer.tag, named):
        return answer
    unchanged = Response(status_code=304)
    unchanged.raw_headers = _headers(answer.tag)
    return unchanged


def _names(tag: str, fields: Iterable[str]) -> bool:
    """Whether a field is ``*`` or lists ``tag``, compared weakly."""
    return any(field == "*" or tag in _TAG.findall(field) for field in fields)


def _headers(tag: str) -> list[tuple[bytes, bytes]]:
    return [(b"etag", b"W/" + tag.encode()), *_HEADERS]


@lru_cache(maxsize=4096)
def _key(shop: str) -> bytes:
    return blake2b(shop.encode(), digest_size=16).digest()
