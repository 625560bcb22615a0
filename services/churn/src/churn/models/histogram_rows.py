"""What a fit counts: customers by (repeat purchases, first day, last day) at the end of a day."""

from collections import Counter

from churn.domain.packed import Packed
from churn.domain.purchases import Statistics, purchases, statistics
from churn.domain.remembered import unpack_remembered
from churn.orders.rows import complete
from mandegar.calendar import ShopDays
from mandegar.database import ReadConnection, Row
from mandegar.events import CustomerKey

Count = tuple[int, int, int, int]


async def count_customers(connection: ReadConnection, shop: str, through_day: int, days: ShopDays) -> list[Count]:
    """The histogram of a shop at the end of ``through_day``, an ordinal in the shop's zone.

    The database counts most customers. Of those who have bought since, what is remembered tells the purchase before the
    last one; who has bought on more than one day since is folded again without their later purchases.
    """
    rows = await connection.fetch(
        """
        SELECT x, first_day, last_day, count(*) AS customers FROM customers
        WHERE shop = $1 AND last_day <= $2 GROUP BY x, first_day, last_day
        """,
        shop,
        through_day,
    )
    counts = Counter({(row["x"], row["first_day"], row["last_day"]): row["customers"] for row in rows})
    later = await connection.fetch(
        """
        SELECT customer_id, orders, remembered, zone FROM customers
        WHERE shop = $1 AND last_day > $2 AND first_day <= $2
        """,
        shop,
        through_day,
    )
    for row in later:
        folded = _remembered(row, days)
        if folded is not None and folded.x and folded.previous_day <= through_day:
            counts[folded.x - 1, folded.first_day, folded.previous_day] += 1
        elif earlier := await _fold_through(connection, CustomerKey(shop, row["customer_id"]), row, through_day, days):
            counts[earlier.x, earlier.first_day, earlier.last_day] += 1
    return [(*cell, customers) for cell, customers in sorted(counts.items())]


def _remembered(row: Row, days: ShopDays) -> Statistics | None:
    """The statistics of all purchases, if they were computed under this calendar."""
    found = unpack_remembered(row["remembered"], row["orders"], days) if row["zone"] == days.zone.key else None
    return found and found.statistics


async def _fold_through(
    connection: ReadConnection, key: CustomerKey, row: Row, through_day: int, days: ShopDays
) -> Statistics | None:
    """The statistics at the end of a day, from all orders."""
    packed = Packed(row["orders"])
    await complete(connection, {key: packed})
    return statistics(purchases(packed.orders({}), days, days.end_of(through_day) - 1), days)
