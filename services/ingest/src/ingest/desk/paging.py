"""Where the page of a list begins: ``before``, of lists by time and id, newest first, and ``after``, of others."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from mandegar.web.paging import instant, read_cursor

Before = Annotated[
    str | None,
    Query(max_length=100, description="Where the page begins: `next_before` of the previous page, or an RFC 3339 time"),
]
AFTER = "Where the page begins: `next_after` of the previous page"

_LOWEST = UUID(int=0)


def read_before(text: str | None) -> tuple[datetime, UUID] | None:
    """Time and id behind which the page begins; raises ``Problem`` 422."""
    if text is None:
        return None
    return read_cursor(text, instant, lambda id_: UUID(id_) if id_ else _LOWEST, parameter="before", code="invalid")
