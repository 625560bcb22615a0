"""What a fit counts: customers by (repeat purchases, first day, last day) at the end of a day."""

from collections import Counter
from zoneinfo import ZoneInfo

from churn.domain.orders import unpack
from churn.domain.purchases import end_of_day_us, purchases, statistics
from mandegar.database import Connection

Count = tuple[int, int, int, int]


async def count_customers(connection: Connection, shop: str, through_day: int, zone: ZoneInfo) -> list[Count]:
    """The histogram of a shop as it stood when ``through_day`` (an ordinal in its zone) ended.

    Most customers are counted by the database. Who has bought since is folded again without what came later.
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
    until_us = end_of_day_us(through_day, zone) - 1
    for row in later:
        known = statistics(purchases(unpack(row["orders"]), zone, until_us), zone)
        if known is not None:
            counts[known.x, known.first_day, known.last_day] += 1
    return [(*cell, customers) for cell, customers in sorted(counts.items())]
