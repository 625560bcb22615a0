"""How far a customer is with the challenges of their club, and which badges they have."""

from datetime import datetime
from typing import Any, NamedTuple

from loyalty.account.prospect import ORDERS_MAX, too_large
from loyalty.account.root_rows import root_row
from loyalty.account.rows import account_of, has_more_orders
from loyalty.domain.challenges import have_challenges
from loyalty.domain.standings import Standings, standings_of
from loyalty.programme.rows import rules_of
from mandegar.database import as_shop
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us
from mandegar.service.context import Context


class Achiever(NamedTuple):
    """A customer, and what they have achieved."""

    customer: CustomerKey
    standings: Standings
    as_of: datetime
    version: int


async def read_achievements(ctx: Context[Any], customer: CustomerKey) -> Achiever:
    """The customer now. Of a shop without challenges no orders are read."""
    async with as_shop(ctx.web, customer.shop) as connection:
        key, row = await root_row(connection, customer)
        now = max(to_us(ctx.clock.now()), to_us(row["settled_at"]))
        programmes, zones = await rules_of(connection, key.shop)
        if not have_challenges(programmes):
            return Achiever(key, Standings(), from_us(now), row["version"])
        if await has_more_orders(connection, key, ORDERS_MAX):
            raise too_large()
        account = await account_of(connection, key)
    facts = {order.order_id: order.facts for order in account.orders.values()}
    return Achiever(key, standings_of(facts, programmes, zones, now), from_us(now), row["version"])
