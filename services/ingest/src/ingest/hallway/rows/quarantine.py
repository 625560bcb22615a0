"""What was readable but could not be applied: kept, looked at, released."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID, uuid5

from ingest.domain.candidates import Refusal
from mandegar.database import Connection, Row
from mandegar.events.envelope import NAMESPACE


class Kept(NamedTuple):
    """An event on its way into quarantine."""

    shop: str
    source_id: str
    native_id: str | None
    code: str
    detail: str
    body: bytes

    @property
    def id(self) -> UUID:
        digest = blake2b(self.body, digest_size=16).hexdigest()
        return uuid5(NAMESPACE, f"quarantine\n{self.source_id}\n{self.code}\n{digest}")


def kept(refusal: Refusal) -> Kept:
    """What is kept of a refusal. The text of an id may hold what PostgreSQL cannot."""
    name = refusal.native_id if refusal.native_id is None or refusal.native_id.isprintable() else None
    source = refusal.source
    return Kept(source.shop.id, source.id, name, refusal.code, refusal.detail, refusal.body)


async def quarantine(connection: Connection, items: Sequence[Kept], now: datetime) -> None:
    """Keep events with their reasons. One that was kept before stays as it is, also when it was released since."""
    if not items:
        return
    distinct = {item.id: item for item in items}
    ids = sorted(distinct)
    await connection.execute(
        """
        INSERT INTO quarantine (id, shop, source_id, native_id, code, detail, body, received_at)
        SELECT *, $8 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
        ON CONFLICT (id) DO NOTHING
        """,
        ids,
        *([getattr(distinct[id_], field) for id_ in ids] for field in Kept._fields),
        now,
    )


async def list_quarantine(
    connection: Connection, shop: str, *, state: str, limit: int, before: tuple[datetime, UUID] | None
) -> list[Row]:
    """The newest first, without their bodies."""
    received_at, id_ = before or (None, None)
    return await connection.fetch(
        """
        SELECT id, source_id, native_id, code, detail, state, received_at, resolved_at
        FROM quarantine
        WHERE shop = $1 AND state = $2
          AND ($3::timestamptz IS NULL OR (received_at, id) < ($3, $4::uuid))
        ORDER BY received_at DESC, id DESC
        LIMIT $5
        """,
        shop,
        state,
        received_at,
        id_,
        limit,
    )


async def get_quarantined(connection: Connection, shop: str, id_: UUID, *, lock: bool = False) -> Row | None:
    """One event in quarantine with what was received."""
    sql = "SELECT * FROM quarantine WHERE shop = $1 AND id = $2"
    return await connection.fetchrow(f"{sql} FOR UPDATE" if lock else sql, shop, id_)


async def resolve(connection: Connection, id_: UUID, state: str, now: datetime) -> None:
    """Set what became of an event in quarantine: ``released`` or ``dropped``."""
    await connection.execute("UPDATE quarantine SET state = $2, resolved_at = $3 WHERE id = $1", id_, state, now)


async def count_waiting(connection: Connection) -> tuple[int, int]:
    """How many events are open in quarantine, and how many refunds wait for their order."""
    row = await connection.fetchrow(
        """
        SELECT (SELECT count(*) FROM quarantine WHERE state = 'open') AS open,
               (SELECT count(*) FROM waiting_refunds) AS waiting
        """
    )
    return (0, 0) if row is None else (row["open"], row["waiting"])
