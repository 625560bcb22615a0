"""The quarantine: events that could not be accepted as they were."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID, uuid5

from ingest.domain.candidates import Refusal
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection, WriteConnection
from mandegar.events.envelope import NAMESPACE
from mandegar.events.written import is_written


class Quarantined(NamedTuple):
    """An event to insert into the quarantine."""

    shop: str
    source_id: str
    native_id: str | None
    code: str
    detail: str
    body: bytes
    sent_at: datetime | None = None
    record_of_orders: bool | None = None
    names: frozenset[str] = frozenset()
    place: str | None = None

    @property
    def id(self) -> UUID:
        """The same for the same event again; two records without an id are two events, whatever they say."""
        digest = blake2b(self.body, digest_size=16).hexdigest()
        place = "" if self.place is None else f"\n{self.place}"
        return uuid5(NAMESPACE, f"quarantine\n{self.source_id}\n{self.code}\n{digest}{place}")


def to_quarantine(refusal: Refusal) -> Quarantined:
    """The entry of a refused event, without an id that PostgreSQL could not store."""
    name = refusal.native_id if refusal.native_id is None or is_written(refusal.native_id) else None
    source = refusal.source
    return Quarantined(
        *(source.shop.id, source.id, name, refusal.code, refusal.detail, refusal.body, refusal.sent_at),
        source.record_of_orders,
        frozenset(each for each in refusal.names() if is_written(each)),
        refusal.place,
    )


async def insert_quarantined(connection: WorkerConnection, items: Sequence[Quarantined], now: datetime) -> None:
    """Insert events with their reasons. An entry that exists is left alone, even if it was released or dropped."""
    if not items:
        return
    distinct = {item.id: item for item in items}
    ids = sorted(distinct)
    await connection.execute(
        """
        INSERT INTO quarantine (id, shop, source_id, native_id, code, detail, body, sent_at, record_of_orders, names,
                                received_at)
        SELECT id, shop, source_id, native_id, code, detail, body, sent_at, record_of_orders,
            string_to_array(names, E'\n'), $11
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                    $8::timestamptz[], $9::boolean[], $10::text[])
            AS w(id, shop, source_id, native_id, code, detail, body, sent_at, record_of_orders, names)
        ON CONFLICT (id) DO NOTHING
        """,
        ids,
        *([getattr(distinct[id_], field) for id_ in ids] for field in Quarantined._fields[:-2]),
        [_lines(distinct[id_].names) for id_ in ids],
        now,
    )


async def add_names(connection: WorkerConnection, names: Mapping[UUID, frozenset[str]]) -> None:
    """Add to the ids of customers whom entries name."""
    if names:
        await connection.execute(
            """
            UPDATE quarantine q SET names = coalesce(q.names, '{}') || string_to_array(w.names, E'\\n')
            FROM unnest($1::uuid[], $2::text[]) AS w(id, names) WHERE q.id = w.id
            """,
            list(names),
            [_lines(each) for each in names.values()],
        )


async def find_erased(connection: WorkerConnection, items: Sequence[Quarantined]) -> set[Quarantined]:
    """The events of erased customers: they name an account of one, or a guest or browser and no account."""
    named = [item for item in items if item.names]
    if not named:
        return set()
    rows = await connection.fetch(
        """
        SELECT w.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(shop, names, place)
        CROSS JOIN LATERAL (
            SELECT bool_or(c.erased_at IS NOT NULL) AS erased,
                bool_or(left(name, 2) NOT IN ('g_', 'a_')) AS has_account,
                bool_or(c.erased_at IS NOT NULL AND left(name, 2) NOT IN ('g_', 'a_')) AS is_account
            FROM unnest(string_to_array(w.names, E'\n')) AS name
            LEFT JOIN customers c ON c.shop = w.shop AND c.customer_id = name AND c.erased_at IS NOT NULL
        ) who WHERE erased AND (is_account OR NOT has_account)
        """,
        [item.shop for item in named],
        [_lines(item.names) for item in named],
    )
    return {named[row["place"] - 1] for row in rows}


def _lines(names: Collection[str]) -> str:
    """In one text, because PostgreSQL flattens an array of arrays; no id has a line break."""
    return "\n".join(sorted(names))


async def open_of_shops(connection: WorkerConnection, shops: Collection[str]) -> dict[str, tuple[int, int]]:
    """The number and the bytes of open entries, of each shop that has any."""
    rows = await connection.fetch(
        """
        SELECT shop, count(*) AS events, sum(octet_length(body))::bigint AS bytes FROM quarantine
        WHERE shop = ANY($1::text[]) AND state = 'open' GROUP BY shop
        """,
        list(shops),
    )
    return {row["shop"]: (row["events"], row["bytes"]) for row in rows}


async def existing(connection: WorkerConnection, ids: Collection[UUID]) -> set[UUID]:
    """The ids of entries, in whatever state, among ``ids``."""
    rows = await connection.fetch("SELECT id FROM quarantine WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"] for row in rows}


async def list_quarantine(
    connection: ReadConnection, shop: str, *, state: str, limit: int, before: tuple[datetime, UUID] | None
) -> list[Row]:
    """A page of entries without bodies, newest first."""
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
    """One entry with its body."""
    sql = "SELECT * FROM quarantine WHERE shop = $1 AND id = $2"
    return await connection.fetchrow(f"{sql} FOR UPDATE" if lock else sql, shop, id_)


async def resolve(connection: WriteConnection, ids: Collection[UUID], state: str, now: datetime) -> None:
    """Set the final state of entries: ``released`` or ``dropped``."""
    await connection.execute(
        "UPDATE quarantine SET state = $2, resolved_at = $3 WHERE id = ANY($1::uuid[])", list(ids), state, now
    )


async def count_open(connection: Connection) -> int:
    """The number of open entries."""
    count: int = await connection.fetchval("SELECT count(*) FROM quarantine WHERE state = 'open'")
    return count
