"""What a fit counts: customers by (repeat purchases, first day, last day) at the end of a day."""

from collections import Counter

from churn.domain.packing import unpack
from churn.domain.purchases import purchases, statistics
from mandegar.calendar import ShopDays
from mandegar.database import ReadConnection

Count = tuple[int, int, int, int]


async def count_customers(connection: ReadConnection, shop: str, through_day: int, days: ShopDays) -> list[Count]:
    """The histogram of a shop at the end of ``through_day``, an ordinal in the shop's zone.

    The database counts most customers; those who have bought since are folded again without their later purchases.
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
        "SELECT orders FROM customers WHERE shop = $1 AND last_day > $2 AND first_day <= $2", shop, through_day
    )
    until_us = days.end_of(through_day) - 1
    for row in later:
        folded = statistics(purchases(unpack(row["orders"]), days, until_us), days)
        if folded is not None:
            counts[folded.x, folded.first_day, folded.last_day] += 1
    return [(*cell, customers) for cell, customers in sorted(counts.items())]
