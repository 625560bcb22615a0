"""The source that a path names."""

from typing import Annotated

from fastapi import Path

from ingest.sources.rows import get_source
from mandegar.database import Connection, Row
from mandegar.web import Problem

SourceId = Annotated[str, Path(max_length=64, pattern="^[a-z0-9-]+$", description="Id of the source, such as src-1f…")]


async def require_source(connection: Connection, shop: str, source_id: str, *, lock: bool = False) -> Row:
    """The source's row, locked against concurrent acceptance if ``lock``; raises ``Problem`` 404."""
    row = await get_source(connection, shop, source_id, lock=lock)
    if row is None:
        raise Problem(404, "unknown_source", "This shop has no source with this id")
    return row
