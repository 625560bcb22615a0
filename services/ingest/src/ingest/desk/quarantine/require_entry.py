"""The entry of the quarantine that a path names."""

from uuid import UUID

from ingest.hallway.rows.quarantine import get_quarantined
from mandegar.database import Connection, Row, WriteConnection
from mandegar.web import Problem


async def require_entry(connection: Connection, shop: str, id_: UUID, *, lock: bool = False) -> Row:
    """The entry, in whatever state; raises ``Problem`` 404."""
    row = await get_quarantined(connection, shop, id_, lock=lock)
    if row is None:
        raise Problem(404, "unknown_quarantine", "This shop has no event with this id in quarantine")
    return row


async def require_open(connection: WriteConnection, shop: str, id_: UUID) -> Row:
    """The entry, locked; raises ``Problem`` 404, or 409 if it was released or dropped before."""
    row = await require_entry(connection, shop, id_, lock=True)
    if row["state"] != "open":
        raise Problem(409, "not_open", f"This event has already been {row['state']}")
    return row
