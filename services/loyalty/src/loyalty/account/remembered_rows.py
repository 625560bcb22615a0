"""Reads the orders that an account needs to go on from what is remembered, and what all of its marks say together."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from loyalty.account.rows import MARK, ORDER, unpack_marked
from loyalty.domain.account import Order
from loyalty.domain.forward import Answers, Search, Tail
from loyalty.domain.spend import Falls
from mandegar.database import Connection, ReadConnection, as_json, record_set
from mandegar.events import CustomerKey
from mandegar.quantities import scaled

ZERO = Decimal(0)
# With more orders in the tail, going on from what is remembered is no longer cheaper than a walk.
TAIL_MAX = 2_000


class _TailRow(Struct, frozen=True):
    shop: str
    customer_id: str
    named: Sequence[str]
    begin: int
    leaving: int
    leaves: int
    due: int


class _SearchRow(Struct, frozen=True):
    """``room`` is None where no tier can end. ``midnights`` are those to sum beside the next one."""

    shop: str
    customer_id: str
    midnights: Sequence[int]
    place: int | None
    lot_id: UUID | None
    before: int | None
    room: int | None
    window_from: int | None


class _MidnightRow(Struct, frozen=True):
    shop: str
    customer_id: str
    since: int
    until: int
    read: Sequence[str]


_OF_CUSTOMER = "o.shop = w.shop AND o.customer_id = w.customer_id"
# A branch for each index. An order that several branches find is read as often.
_LOAD_TAILS = f"""
    SELECT w.shop, w.customer_id, {ORDER}, {MARK} FROM {record_set(_TailRow)} CROSS JOIN LATERAL (
        SELECT o.* FROM orders o WHERE {_OF_CUSTOMER} AND o.order_id = ANY(w.named)
        UNION ALL SELECT o.* FROM orders o WHERE {_OF_CUSTOMER} AND o.next_at <= w.due
        UNION ALL SELECT o.* FROM orders o WHERE {_OF_CUSTOMER} AND o.changed_at >= w.begin
        UNION ALL SELECT o.* FROM orders o WHERE {_OF_CUSTOMER} AND o.earned_at >= w.begin
        UNION ALL SELECT o.* FROM orders o WHERE {_OF_CUSTOMER} AND o.earned_at BETWEEN w.leaving AND w.leaves
        LIMIT {TAIL_MAX + 1}
    ) AS o
"""  # noqa: S608
_LOAD_OF_MIDNIGHTS = f"""
    SELECT w.shop, w.customer_id, {ORDER}, {MARK} FROM {record_set(_MidnightRow)} JOIN orders o ON {_OF_CUSTOMER}
        AND o.expires_at BETWEEN w.since AND w.until AND o.next_at < o.expires_at AND o.order_id <> ALL(w.read)
"""  # noqa: S608
# Where the tier ends: forward from the remembered place while there is room, backward if there is too little.
_ANSWERS = f"""
    SELECT w.shop, w.customer_id,
        (SELECT min(o.next_at) FROM orders o WHERE {_OF_CUSTOMER} AND o.next_at IS NOT NULL) AS next_at,
        f.earned_at, f.lot_id, f.before, e.midnights, e.points,
        (
            SELECT sum(o.net) FROM orders o WHERE {_OF_CUSTOMER} AND o.earned_at = f.earned_at AND o.lot_id >= f.lot_id
        ) AS leaving
    FROM {record_set(_SearchRow, before="numeric", room="numeric", midnights="bigint[]")}
    CROSS JOIN LATERAL (
        SELECT array_agg(s.midnight ORDER BY s.midnight) AS midnights,
               array_agg(s.points ORDER BY s.midnight) AS points
        FROM (
            SELECT DISTINCT m.midnight, (
                SELECT sum(o.available)::bigint FROM orders o WHERE {_OF_CUSTOMER} AND o.expires_at = m.midnight
            ) AS points
            FROM unnest(w.midnights || (
                SELECT min(o.expires_at) FROM orders o WHERE {_OF_CUSTOMER} AND o.expires_at IS NOT NULL
            )) AS m(midnight)
        ) AS s WHERE s.points > 0
    ) AS e
    LEFT JOIN LATERAL (
        (
            SELECT s.earned_at, s.lot_id, s.through - s.net AS before FROM (
                SELECT o.earned_at, o.lot_id, o.net, w.before + sum(o.net) OVER (
                    ORDER BY o.earned_at, o.lot_id ROWS UNBOUNDED PRECEDING
                ) AS through
                FROM orders o
                WHERE {_OF_CUSTOMER} AND w.before <= w.room
                    AND o.earned_at >= w.place AND (o.earned_at, o.lot_id) >= (w.place, w.lot_id)
            ) AS s WHERE s.through > w.room ORDER BY s.earned_at, s.lot_id LIMIT 1
        ) UNION ALL (
            SELECT s.earned_at, s.lot_id, s.before FROM (
                SELECT o.earned_at, o.lot_id, w.before - sum(o.net) OVER (
                    ORDER BY o.earned_at DESC, o.lot_id DESC ROWS UNBOUNDED PRECEDING
                ) AS before
                FROM orders o
                WHERE {_OF_CUSTOMER} AND w.before > w.room
                    AND o.earned_at BETWEEN w.window_from AND w.place
                    AND (o.earned_at, o.lot_id) < (w.place, w.lot_id)
            ) AS s WHERE s.before <= w.room ORDER BY s.earned_at DESC, s.lot_id DESC LIMIT 1
        )
    ) AS f ON true
"""  # noqa: S608


_OPEN_PAGE = f"""
    SELECT {ORDER}, {MARK} FROM orders o
    WHERE o.shop = $1 AND o.customer_id = $2 AND o.earned_at >= $3 AND (o.earned_at, o.lot_id) > ($3, $4)
        AND (o.pending > 0 OR o.available > 0 OR o.held > 0)
    ORDER BY o.earned_at, o.lot_id LIMIT $5
"""  # noqa: S608
_BEFORE_ANY = -(2**63)


async def load_tails(
    connection: Connection, tails: Mapping[CustomerKey, tuple[Collection[str], Tail]]
) -> dict[CustomerKey, dict[str, Order] | None]:
    """The named orders and the tail of each account; None where there are more than ``TAIL_MAX``."""
    wanted = [_TailRow(*key, sorted(named), *tail) for key, (named, tail) in tails.items()]
    found: dict[CustomerKey, dict[str, Order]] = {key: {} for key in tails}
    counts = dict.fromkeys(tails, 0)
    for row in await connection.fetch(_LOAD_TAILS, as_json(wanted)):
        key = CustomerKey(row[0], row[1])
        counts[key] += 1
        if row[2] not in found[key]:
            found[key][row[2]] = unpack_marked(row, 2)
    return {key: None if counts[key] > TAIL_MAX else orders for key, orders in found.items()}


async def load_of_midnights(
    connection: Connection, key: CustomerKey, since: int, until: int, read: Collection[str]
) -> list[Order]:
    """The orders whose points expire between two instants and of which something is due before; not those ``read``."""
    row = _MidnightRow(*key, since, until, sorted(read))
    return [unpack_marked(row, 2) for row in await connection.fetch(_LOAD_OF_MIDNIGHTS, as_json([row]))]


async def answers_of(
    connection: Connection, asked: Mapping[CustomerKey, tuple[Search | None, Collection[int]]]
) -> dict[CustomerKey, Answers]:
    """What the marks of each account say together: where its tier ends, and the points of its next midnights."""
    rows = []
    for key, (search, midnights) in asked.items():
        if search is None:
            rows.append(_SearchRow(*key, sorted(midnights), None, None, None, None, None))
        else:
            place, lot_id, before = search.falls
            rows.append(_SearchRow(*key, sorted(midnights), place, lot_id, before, search.room, search.left))
    answers = {}
    for row in await connection.fetch(_ANSWERS, as_json(rows)):
        shop, customer_id, next_at, earned_at, lot_id, before, midnights, points, leaving = row
        falls = None if earned_at is None else Falls(earned_at, lot_id, scaled(before, 0))
        expiring = list(zip(midnights or (), points or (), strict=True))
        answers[CustomerKey(shop, customer_id)] = Answers(next_at, falls, expiring, scaled(leaving or ZERO, 0))
    return answers


async def open_orders_page(
    connection: ReadConnection, key: CustomerKey, *, behind: tuple[int, UUID] | None, limit: int
) -> list[Order]:
    """The orders of a remembered account with points left, by payment, behind an instant of payment and a lot."""
    earned_at, lot_id = behind or (_BEFORE_ANY, UUID(int=0))
    return [unpack_marked(row, 0) for row in await connection.fetch(_OPEN_PAGE, *key, earned_at, lot_id, limit)]
