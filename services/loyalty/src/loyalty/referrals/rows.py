"""Rows of codes, referrals and marks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from loyalty.account.referral_rows import Code
from mandegar.database import (
    KEYS,
    Connection,
    ReadConnection,
    Row,
    WorkerConnection,
    as_json,
    columns,
    keys_as_json,
    record_set,
)
from mandegar.events import CustomerKey


class CodeRow(Struct, frozen=True):
    """One row of ``referral_codes``."""

    shop: str
    code_id: str
    customer_id: str
    seed: UUID
    issued_at: datetime


class ReferralRow(Struct):
    """One row of ``referrals``: ``customer_id`` is the friend, who came by a code."""

    shop: str
    referral_id: UUID
    customer_id: str
    code_id: str
    state: str
    reasons: Sequence[str]
    claimed_at: datetime
    due_at: datetime | None = None
    rewarded_at: datetime | None = None
    told: int = 0
    decision: str | None = None
    decided_key: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


class Mark(Struct, frozen=True):
    """A pseudonym by which accounts are compared."""

    shop: str
    customer_id: str
    kind: str
    mark: str


class Asked(Struct, frozen=True):
    """A claim that is to be looked at. Claims of the code ``since`` then count towards its velocity."""

    place: int
    shop: str
    customer_id: str
    code_id: str
    since: datetime
    at: datetime


class _Referral(Struct, frozen=True):
    shop: str
    referral_id: UUID


class Page(NamedTuple):
    """Which page of a shop's referrals: those in ``state``, behind ``before`` in order of time."""

    state: str | None
    before: tuple[datetime, UUID] | None
    limit: int


# So many customers of a ring are found at most.
RING_MAX = 12
CODE_COLUMNS = columns(CodeRow)
COLUMNS = columns(ReferralRow)
_INSERT_CODES = f"""
    INSERT INTO referral_codes ({CODE_COLUMNS}) SELECT {CODE_COLUMNS} FROM {record_set(CodeRow)}
    ON CONFLICT (shop, code_id) DO NOTHING
"""  # noqa: S608
_FIRST_CODES = f"""
    SELECT DISTINCT ON (shop, customer_id) {CODE_COLUMNS} FROM referral_codes JOIN {KEYS} USING (shop, customer_id)
    ORDER BY shop, customer_id, issued_at, code_id
"""  # noqa: S608
_TAKEN = f"SELECT shop, code_id FROM referral_codes JOIN {record_set(Code)} USING (shop, code_id)"  # noqa: S608
_LOCK_CODES = f"""
    SELECT FROM referral_codes c JOIN {record_set(Code)} USING (shop, code_id)
    ORDER BY c.shop, c.code_id FOR UPDATE OF c
"""
_SAVE = f"""
    INSERT INTO referrals ({COLUMNS}) SELECT {COLUMNS} FROM {record_set(ReferralRow)}
    ON CONFLICT (shop, referral_id) DO UPDATE SET
        ({", ".join(ReferralRow.__struct_fields__[4:])}) =
        ({", ".join(f"excluded.{name}" for name in ReferralRow.__struct_fields__[4:])})
"""  # noqa: S608
_DECIDED = "decision, decided_key, decided_by, decided_at"
_SAVE_DECISIONS = f"""
    UPDATE referrals r SET ({_DECIDED}) = (w.decision, w.decided_key, w.decided_by, w.decided_at)
    FROM {record_set(ReferralRow)} WHERE (r.shop, r.referral_id) = (w.shop, w.referral_id)
"""  # noqa: S608
_OF_CUSTOMERS = f"SELECT {COLUMNS} FROM referrals JOIN {KEYS} USING (shop, customer_id)"  # noqa: S608
_LOAD = f"SELECT {COLUMNS} FROM referrals JOIN {record_set(_Referral)} USING (shop, referral_id)"  # noqa: S608
_SAVE_MARKS = f"""
    INSERT INTO referral_marks (shop, customer_id, kind, mark)
    SELECT DISTINCT shop, customer_id, kind, mark FROM {record_set(Mark)} ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING
"""  # noqa: S608
# Who referred the referrer, and so on: a circle of two is the account's own to refuse.
# A guest's id is the pseudonym of their address, as `phone_id` is that of a number.
_LOOK = f"""
    WITH RECURSIVE asked AS (
        SELECT w.*, c.customer_id AS referrer FROM {record_set(Asked)}
        LEFT JOIN referral_codes c ON (c.shop, c.code_id) = (w.shop, w.code_id)
    ), persons AS (
        SELECT DISTINCT shop, id AS root FROM asked, unnest(ARRAY[customer_id, referrer]) AS id WHERE id IS NOT NULL
    ), ids AS (
        SELECT shop, root, root AS id FROM persons
        UNION ALL
        SELECT p.shop, p.root, c.customer_id FROM persons p
        JOIN customers c ON c.shop = p.shop AND c.merged_into = p.root
    ), marks AS (
        SELECT i.shop, i.root, m.kind, m.mark FROM ids i
        JOIN referral_marks m ON (m.shop, m.customer_id) = (i.shop, i.id)
        UNION
        SELECT i.shop, i.root, 'phone', p.phone_id FROM ids i
        JOIN phones p ON (p.shop, p.customer_id) = (i.shop, i.id) WHERE p.phone_id IS NOT NULL
        UNION
        SELECT shop, root, 'phone', id FROM ids WHERE starts_with(id, 'g_')
    ), above AS (
        SELECT a.place, a.shop, a.at, a.referrer AS customer_id, 1 AS steps FROM asked a WHERE a.referrer IS NOT NULL
        UNION ALL
        SELECT b.place, b.shop, b.at, c.customer_id, b.steps + 1
        FROM above b CROSS JOIN LATERAL (
            SELECT code_id FROM (
                SELECT x.claimed_at, x.code_id FROM referrals x
                WHERE x.shop = b.shop AND x.customer_id = b.customer_id AND x.state <> 'refused'
                UNION ALL
                SELECT o.at, o.code_id FROM asked o WHERE o.shop = b.shop AND o.customer_id = b.customer_id
            ) AS came WHERE claimed_at <= b.at ORDER BY claimed_at, code_id LIMIT 1
        ) AS first JOIN referral_codes c ON (c.shop, c.code_id) = (b.shop, first.code_id)
        WHERE b.steps < {RING_MAX}
    )
    SELECT a.place, a.referrer,
        ARRAY(
            SELECT DISTINCT f.kind FROM marks f JOIN marks r USING (shop, kind, mark)
            WHERE f.shop = a.shop AND f.root = a.customer_id AND r.root = a.referrer AND f.root <> r.root ORDER BY 1
        ) AS shared,
        (
            SELECT count(*) FROM referrals x
            WHERE x.shop = a.shop AND x.code_id = a.code_id AND x.claimed_at > a.since AND x.claimed_at <= a.at
        ) AS claims,
        EXISTS (
            SELECT FROM above b WHERE b.place = a.place AND b.customer_id = a.customer_id AND b.steps > 2
        ) AS in_ring
    FROM asked a
"""  # noqa: S608
_SHOWN = f"""
    SELECT {", ".join(f"r.{name}" for name in ReferralRow.__struct_fields__)}, c.customer_id AS referrer_id
    FROM referrals r LEFT JOIN referral_codes c ON (c.shop, c.code_id) = (r.shop, r.code_id)
"""  # noqa: S608
_ONE = f"{_SHOWN} WHERE r.shop = $1 AND r.referral_id = $2"
_PAGE = f"""
    {_SHOWN} WHERE r.shop = $1 AND ($2::text IS NULL OR r.state = $2)
        AND ($3::timestamptz IS NULL OR (r.claimed_at, r.referral_id) < ($3, $4::uuid))
    ORDER BY r.claimed_at DESC, r.referral_id DESC LIMIT $5
"""


async def insert_codes(connection: WorkerConnection, rows: Sequence[CodeRow]) -> None:
    """Insert codes; one that a customer has already stays theirs."""
    if rows:
        await connection.execute(_INSERT_CODES, as_json(rows))


async def first_codes(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, CodeRow]:
    """The code of each customer; of several, which aliases had, the first that was issued."""
    rows = await connection.fetch(_FIRST_CODES, keys_as_json(keys))
    return {CustomerKey(row["shop"], row["customer_id"]): CodeRow(*row) for row in rows}


async def claims_of(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, list[ReferralRow]]:
    """By customer the referrals by which they came."""
    found: dict[CustomerKey, list[ReferralRow]] = {}
    for row in await connection.fetch(_OF_CUSTOMERS, keys_as_json(keys)):
        found.setdefault(CustomerKey(row["shop"], row["customer_id"]), []).append(ReferralRow(*row))
    return found


async def load_referrals(
    connection: Connection, ids: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], ReferralRow]:
    """The stored referrals among ``ids``, which are given with their shops."""
    rows = await connection.fetch(_LOAD, as_json([_Referral(*each) for each in ids]))
    return {(row["shop"], row["referral_id"]): ReferralRow(*row) for row in rows}


async def save_referrals(connection: WorkerConnection, rows: Sequence[ReferralRow]) -> None:
    """Insert referrals, or write what became of them."""
    if rows:
        await connection.execute(_SAVE, as_json(rows))


async def save_decisions(connection: WorkerConnection, rows: Sequence[ReferralRow]) -> None:
    """Write what people decided; the state follows from the account."""
    await connection.execute(_SAVE_DECISIONS, as_json(rows))


async def save_marks(connection: WorkerConnection, marks: Collection[Mark]) -> None:
    """Insert marks that are not stored yet."""
    await connection.execute(_SAVE_MARKS, as_json([*marks]))


async def look_at(connection: WorkerConnection, asked: Sequence[Asked]) -> list[Row]:
    """Of each claim its place, the referrer, what both accounts share, how often the code was claimed lately, and
    whether it closes a ring of three or more customers.

    Codes are locked, in their order: of claims at the same time each counts those before.
    """
    await connection.execute(_LOCK_CODES, as_json([*{Code(each.shop, each.code_id) for each in asked}]))
    return await connection.fetch(_LOOK, as_json(asked))


async def page_of_shop(connection: ReadConnection, shop: str, page: Page) -> list[Row]:
    """A page of a shop's referrals, the newest first."""
    return await connection.fetch(_PAGE, shop, page.state, *(page.before or (None, None)), page.limit)


async def taken_among(connection: Connection, codes: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of the codes, given with their shops, that a customer has."""
    rows = await connection.fetch(_TAKEN, as_json([Code(*each) for each in codes]))
    return {(row["shop"], row["code_id"]) for row in rows}


async def referral_of(connection: ReadConnection, shop: str, referral_id: UUID) -> Row | None:
    """A referral, with whose code it is."""
    return await connection.fetchrow(_ONE, shop, referral_id)
