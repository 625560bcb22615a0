"""What the watch over the ledger reads: some customers with the sums of their entries, and the totals of a shop."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.account.packing import unpack_credit
from loyalty.books.rows import sums_of_lots
from loyalty.domain.books import balance_of_sums, of_credit
from loyalty.domain.posting import Balance
from loyalty.domain.units import credit_kind
from mandegar.database import KEYS, Connection, keys_as_json
from mandegar.events import CustomerKey
from mandegar.quantities import scaled

_PAGE = """
    SELECT shop, customer_id, settled_at, available, pending, held, debt, lifetime, credit FROM customers
    WHERE (shop, customer_id) > ($1, $2) AND settled_at IS NOT NULL ORDER BY shop, customer_id LIMIT $3
"""
_SUMS = f"""
    SELECT e.shop, e.customer_id, e.order_id, e.kind, e.bucket, sum(e.points) FROM {KEYS}
    JOIN entries e USING (shop, customer_id) GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608
_OVERDUE = f"""
    SELECT DISTINCT r.shop, r.customer_id FROM {KEYS}
    JOIN redemptions r USING (shop, customer_id) JOIN customers c USING (shop, customer_id)
    WHERE r.state = 'reserved' AND r.expires_at < $2 AND c.due_at < $2
"""  # noqa: S608
# ``credit`` is an array: the currency, then the same figures.
_BALANCES = """
    SELECT coalesce(sum(available), 0), coalesce(sum(pending), 0), coalesce(sum(held), 0), coalesce(sum(debt), 0),
        coalesce(sum((credit::jsonb ->> 1)::numeric), 0), coalesce(sum((credit::jsonb ->> 2)::numeric), 0),
        coalesce(sum((credit::jsonb ->> 3)::numeric), 0), coalesce(sum((credit::jsonb ->> 4)::numeric), 0)
    FROM customers WHERE shop = $1
"""


class Stored(NamedTuple):
    """A customer's stored balance, as of ``settled_at``."""

    key: CustomerKey
    settled_at: datetime
    balance: Balance
    credit: Balance


class Entries(NamedTuple):
    """The sums of a customer's entries by kind and bucket, and what each order has given, less what was taken back."""

    sums: dict[tuple[str, str], int]
    given: dict[str, int]


async def next_customers(connection: Connection, after: CustomerKey, limit: int) -> list[Stored]:
    """The next customers behind ``after`` whose accounts were settled."""
    rows = await connection.fetch(_PAGE, *after, limit)
    return [Stored(CustomerKey(row[0], row[1]), row[2], Balance(*row[3:8]), _credit(row[8])) for row in rows]


def _credit(text: str | None) -> Balance:
    credit = unpack_credit(text)
    return Balance() if credit is None else credit.balance


async def entries_of(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Entries]:
    """The sums of the entries of customers."""
    found: dict[CustomerKey, Entries] = {key: Entries(defaultdict(int), defaultdict(int)) for key in keys}
    for shop, customer_id, order_id, kind, bucket, points in await connection.fetch(_SUMS, keys_as_json(keys)):
        of_customer, number = found[CustomerKey(shop, customer_id)], scaled(points, 0)
        of_customer.sums[kind, bucket] += number
        if (credit_kind(kind) or kind) in {"earn", "open", "reverse"}:
            of_customer.given[order_id] += number
    return found


async def overdue(connection: Connection, keys: Collection[CustomerKey], before: datetime) -> set[CustomerKey]:
    """The customers whose reservation ended before an instant, and who have been due since without being settled."""
    return {CustomerKey(*row) for row in await connection.fetch(_OVERDUE, keys_as_json(keys), before)}


async def totals_of(connection: Connection, shop: str) -> tuple[Sequence[int], Sequence[int]]:
    """Usable, pending, reserved and owed points of a shop, and the same of credit: by its books, and by the balances of
    its customers.
    """
    totals = [0] * 8
    for row in await sums_of_lots(connection, shop):
        sums = {(row.kind, row.bucket): row.points}
        moved = *balance_of_sums(sums)[:4], *balance_of_sums(of_credit(sums))[:4]
        sign = -1 if row.last_day is None else 1  # those of the erased, which stand among the others as well
        totals = [total + sign * number for total, number in zip(totals, moved, strict=True)]
    balances = await connection.fetchrow(_BALANCES, shop)
    return totals, [scaled(points, 0) for points in balances or ()]
