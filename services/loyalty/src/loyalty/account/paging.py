"""Where a page of a list begins that shows the newest first."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from mandegar.web.paging import instant, read_cursor

Before = Annotated[str | None, Query(max_length=200, description="`next_before` of the previous page")]


def read_before(before: str | None) -> tuple[datetime, UUID] | None:
    """The instant and the id before which the page begins; None: at the newest. Raises a 422 ``Problem``."""
    return None if before is None else read_cursor(before, instant, UUID, parameter="before")
