"""The sample of a shop's customers that a fit reads: chosen by a hash of their ids, read page by page."""

from collections.abc import AsyncIterator, Iterator, Sequence
from struct import Struct
from typing import Final, NamedTuple

from churn.domain.sample import Sampled, framed
from mandegar.database import ReadConnection, as_shop_reporting
from mandegar.service.context import Context

CUSTOMERS_MAX: Final = 20_000
# Orders of the whole sample, which bounds the memory of the fit: customers of many orders need fewer of them.
ORDERS_MAX: Final = 600_000
_PAGE_CUSTOMERS: Final = 500
_PAGE_ORDERS: Final = 50_000
_ORDER_BYTES: Final = 36
_OLDER = Struct("<xI")
_WITH_OLDER: Final = b"\x04"


class Chosen(NamedTuple):
    """A customer of the sample, and about how many orders they have."""

    customer_id: str
    orders: int


async def choose_sample(connection: ReadConnection, shop: str, through_day: int) -> list[Chosen]:
    """At most ``CUSTOMERS_MAX`` customers who had bought by the end of a day (an ordinal), ordered by id."""
    rows = await connection.fetch(
        """
        SELECT customer_id, substr(orders, 1, 5) AS head, octet_length(orders) AS bytes FROM customers
        WHERE shop = $1 AND first_day <= $2
        ORDER BY hashtextextended(customer_id, 0), customer_id LIMIT $3
        """,
        shop,
        through_day,
        CUSTOMERS_MAX,
    )
    chosen, orders = list[Chosen](), 0
    for row in rows:
        each = Chosen(row["customer_id"], row["bytes"] // _ORDER_BYTES + _older_in(row["head"]))
        if chosen and orders + each.orders > ORDERS_MAX:
            break
        chosen.append(each)
        orders += each.orders
    return sorted(chosen)


async def read_sample(context: Context, shop: str, chosen: Sequence[Chosen]) -> AsyncIterator[bytes]:
    """The orders of chosen customers as ``churn.domain.sample`` frames them, numbered from 0 in the order of ids.

    Pages are short transactions, so customers may be of different moments, but each is of one.
    """
    first = 0
    for page in _pages(chosen):
        async with as_shop_reporting(context.reporting, shop) as connection:
            rows = await connection.fetch(
                """
                SELECT c.customer_id, c.orders, c.signals, (
                    SELECT string_agg(o.record, ''::bytea) FROM older_orders o
                    WHERE o.shop = c.shop AND o.customer_id = c.customer_id) AS older
                FROM customers c WHERE c.shop = $1 AND c.customer_id = ANY($2::text[])
                """,
                shop,
                [each.customer_id for each in page],
            )
        numbers = {each.customer_id: first + place for place, each in enumerate(page)}
        yield framed(
            Sampled(numbers[row["customer_id"]], row["orders"], row["older"] or b"", row["signals"]) for row in rows
        )
        first += len(page)


def _older_in(head: bytes) -> int:
    older: int = _OLDER.unpack(head)[0] if head[:1] == _WITH_OLDER and len(head) == _OLDER.size else 0
    return older


def _pages(chosen: Sequence[Chosen]) -> Iterator[list[Chosen]]:
    page, orders = list[Chosen](), 0
    for each in chosen:
        if page and (len(page) == _PAGE_CUSTOMERS or orders + each.orders > _PAGE_ORDERS):
            yield page
            page, orders = [], 0
        page.append(each)
        orders += each.orders
    if page:
        yield page
