"""Rows of one-time codes."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from mandegar.database import Row, WorkerConnection, as_json, columns, record_set
from mandegar.events import CustomerKey

DELETED_AT_ONCE = 5_000


class CodeRow(Struct, frozen=True):
    """A code that was issued to a customer at a till, for points, a reward or credit (in thousandths)."""

    shop: str
    code_id: UUID
    customer_id: str
    reference: str
    points: int | None
    reward: str | None
    digest: str
    issued_at: datetime
    expires_at: datetime
    credit: int | None = None


class Wanted(NamedTuple):
    """What a code is good for: points, a reward, and credit in thousandths of the currency."""

    points: int | None
    reward: str | None
    credit: int | None


_COLUMNS = columns(CodeRow)
_INSERT = f"INSERT INTO till_codes ({_COLUMNS}) SELECT {_COLUMNS} FROM {record_set(CodeRow)}"  # noqa: S608


async def lock_customer(connection: WorkerConnection, customer: CustomerKey) -> bool:
    """Lock a customer until the transaction ends; False if there is none, or they were erased."""
    row = await connection.fetchrow(
        "SELECT erased_at FROM customers WHERE shop = $1 AND customer_id = $2 AND settled_at IS NOT NULL FOR UPDATE",
        *customer,
    )
    return row is not None and row["erased_at"] is None


async def issued_since(connection: WorkerConnection, customer: CustomerKey, since: datetime) -> list[datetime]:
    """When codes were issued to a customer since an instant, the oldest first."""
    rows = await connection.fetch(
        "SELECT issued_at FROM till_codes WHERE shop = $1 AND customer_id = $2 AND issued_at > $3 ORDER BY issued_at",
        *customer,
        since,
    )
    return [row["issued_at"] for row in rows]


async def count_of_shop(connection: WorkerConnection, shop: str, since: datetime, at_most: int) -> int:
    """How many codes were issued to customers of a shop since an instant; no more than ``at_most`` are counted."""
    counted: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM till_codes WHERE shop = $1 AND issued_at > $2 LIMIT $3) AS issued",
        shop,
        since,
        at_most,
    )
    return counted


async def insert_code(connection: WorkerConnection, row: CodeRow) -> None:
    """Insert a code; the newest of a customer and a till is the one that is live."""
    await connection.execute(_INSERT, as_json([row]))


async def newest_code(connection: WorkerConnection, customer: CustomerKey, reference: str) -> Row | None:
    """The live code of a customer at a till, locked."""
    return await connection.fetchrow(
        """
        SELECT code_id, points, reward, credit, digest, expires_at, tries, redemption_id FROM till_codes
        WHERE shop = $1 AND customer_id = $2 AND reference = $3 ORDER BY issued_at DESC, code_id LIMIT 1 FOR UPDATE
        """,
        *customer,
        reference,
    )


async def count_try(connection: WorkerConnection, shop: str, code: UUID) -> None:
    """Count a try with a wrong code."""
    await connection.execute("UPDATE till_codes SET tries = tries + 1 WHERE shop = $1 AND code_id = $2", shop, code)


async def lock_codes(connection: WorkerConnection, codes: list[tuple[str, UUID]]) -> dict[UUID, UUID | None]:
    """What was redeemed with codes, which are locked."""
    rows = await connection.fetch(
        """
        SELECT code_id, redemption_id FROM till_codes WHERE shop = ANY($1::text[]) AND code_id = ANY($2::uuid[])
        ORDER BY code_id FOR UPDATE
        """,
        [shop for shop, _ in codes],
        [code for _, code in codes],
    )
    return {row["code_id"]: row["redemption_id"] for row in rows}


async def use_code(connection: WorkerConnection, shop: str, code: UUID, redemption: UUID) -> None:
    """Record what was redeemed with a locked code."""
    await connection.execute(
        "UPDATE till_codes SET redemption_id = $3 WHERE shop = $1 AND code_id = $2", shop, code, redemption
    )


async def delete_codes(connection: WorkerConnection, before: datetime) -> int:
    """Delete some of the codes that were issued before an instant; returns how many."""
    deleted: int = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM till_codes WHERE ctid = ANY(ARRAY(SELECT ctid FROM till_codes WHERE issued_at < $1 LIMIT $2))
            RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        before,
        DELETED_AT_ONCE,
    )
    return deleted
