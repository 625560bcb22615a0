"""The zones that shops have had: one row for each change."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from mandegar.database import Connection, WorkerConnection, as_json, columns, record_set
from mandegar.documents.rows import BEGINNING


class ZoneRow(Struct, frozen=True):
    """From ``since`` on a shop is in ``zone``, by the settings of ``version``; in its first zone it always was."""

    shop: str
    version: int
    zone: str
    since: datetime


_COLUMNS: Final = columns(ZoneRow)
_INSERT: Final = f"INSERT INTO shop_zones ({_COLUMNS}) SELECT {_COLUMNS} FROM {record_set(ZoneRow)}"  # noqa: S608


async def newest_zones(connection: WorkerConnection, shops: Collection[str]) -> dict[str, ZoneRow]:
    """The newest zone of each shop that has one."""
    rows = await connection.fetch(
        f"SELECT DISTINCT ON (shop) {_COLUMNS} FROM shop_zones WHERE shop = ANY($1::text[])"  # noqa: S608
        " ORDER BY shop, version DESC",
        list(shops),
    )
    return {row["shop"]: ZoneRow(*row) for row in rows}


async def zones_of_shop(connection: Connection, shop: str) -> list[tuple[str, datetime]]:
    """The zones that an announced shop has had, each since an instant; the first always was."""
    rows = await connection.fetch("SELECT zone, since FROM shop_zones WHERE shop = $1 ORDER BY version", shop)
    if rows:
        return [(zone, since) for zone, since in rows]
    return [(await connection.fetchval("SELECT zone FROM shops WHERE shop = $1", shop), BEGINNING)]


async def insert_zones(connection: WorkerConnection, rows: Sequence[ZoneRow]) -> None:
    """Insert zones, each newer than those of its shop."""
    if rows:
        await connection.execute(_INSERT, as_json(rows))
