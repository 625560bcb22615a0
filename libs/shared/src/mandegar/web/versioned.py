"""Answers with an ETag: a caller who has the answer asks with ``If-None-Match``, and is told when nothing changed."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Scope

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_DIGEST_BYTES = 12
# The tag names the shop and the customer, and a cache must ask before each use: the answer of one token, kept under an
# address that others ask too, is never given to them.
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Origin"}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing but `as_of` has changed since the answer whose `ETag` was sent in `If-None-Match`"}
}


class VersionedAnswer(Response):
    """The JSON of ``answer``. Its tag is the version and a digest of all but the ``undated`` fields, and of the shop.

    The digest tells what the version does not: that time alone has changed the answer, or that it is another shop's.
    The tag is weak, because the fields that tell the time of the answer are left out.
    """

    def __init__(
        self, answer: BaseModel, version: int, *, shop: str, undated: frozenset[str] = frozenset({"as_of"})
    ) -> None:
        serializer = answer.__pydantic_serializer__
        digest = blake2b(serializer.to_json(answer, exclude=set(undated)), digest_size=_DIGEST_BYTES, key=_key(shop))
        self.tag = f'"{version}-{digest.hexdigest()}"'
        headers = {"ETag": f"W/{self.tag}", **_HEADERS}
        super().__init__(serializer.to_json(answer), headers=headers, media_type="application/json")


def unless_known(answer: Response, scope: Scope) -> Response:
    """``answer``, or 304 if the request names its tag in ``If-None-Match`` (RFC 9110, 13.1.2)."""
    if not isinstance(answer, VersionedAnswer):
        return answer
    named = [value.decode("latin-1").strip() for name, value in scope["headers"] if name == b"if-none-match"]
    if not named or not _names(answer.tag, named):
        return answer
    return Response(status_code=304, headers={"ETag": f"W/{answer.tag}", **_HEADERS})


def _names(tag: str, fields: Iterable[str]) -> bool:
    """Whether a field is ``*`` or lists ``tag``, compared weakly."""
    return any(field == "*" or tag in _TAG.findall(field) for field in fields)


def _key(shop: str) -> bytes:
    return blake2b(shop.encode(), digest_size=16).digest()
