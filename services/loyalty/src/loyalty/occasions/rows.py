"""Reads what is known of a customer's dates."""

from loyalty.account.packing import unpack_facts
from loyalty.domain.act_rules import COMPLETED, DATES_CONFIRMED, DONE
from loyalty.domain.acts import key_of_act
from loyalty.domain.orders import Fact
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey

_DATES = """
    SELECT order_id, facts FROM orders
    WHERE shop = $1 AND customer_id = $2 AND (starts_with(order_id, $3) OR starts_with(order_id, $4))
"""


async def facts_of_dates(connection: ReadConnection, key: CustomerKey) -> dict[str, list[Fact]]:
    """The facts that say something about dates."""
    prefixes = key_of_act(COMPLETED, ""), key_of_act(DONE, f"{DATES_CONFIRMED}/")
    return {row["order_id"]: unpack_facts(row["facts"]) for row in await connection.fetch(_DATES, *key, *prefixes)}
