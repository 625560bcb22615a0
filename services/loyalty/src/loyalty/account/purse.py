"""What a customer can spend, for reads that decide nothing: commands lock the customer and settle."""

from datetime import datetime
from typing import NamedTuple

from loyalty.account.root_rows import root_row
from loyalty.account.rows import account_of, has_more_orders
from loyalty.domain.account import balance_of
from loyalty.domain.programme import in_force
from loyalty.domain.rewards import Purse, coming_points
from loyalty.programme.rows import Rules, rules_of
from mandegar.database import ReadConnection, Row
from mandegar.events import CustomerKey
from mandegar.quantities import from_us, to_us

# Orders that a read walks; with more it has the stored balance, and tells nothing of points to come.
WALKED_MAX = 1_000


class Held(NamedTuple):
    """The purse of a customer as of an instant, the version of the ledger, and the tiers of the programme."""

    customer: CustomerKey
    purse: Purse
    version: int
    tiers: tuple[str, ...]
    as_of: datetime


async def purse_of(connection: ReadConnection, key: CustomerKey, now: datetime) -> Held:
    """The purse of a customer, or of the one whose alias they are; a 404 problem for an unknown one."""
    key, row = await root_row(connection, key)
    rules = await rules_of(connection, key.shop)
    if await has_more_orders(connection, key, WALKED_MAX):
        return await _stored(connection, key, row, rules)
    account = await account_of(connection, key)
    at = max(to_us(now), account.settled_at or 0)
    timeline = account.at(*rules, at)
    balance = balance_of(timeline)
    tiers = tuple(tier.name for tier in timeline.programme.tiers)
    coming = coming_points(timeline.lots, timeline.debt, at)
    purse = Purse(balance.available, balance.debt, tiers[timeline.tier], coming)
    return Held(key, purse, account.version, tiers, from_us(at))


async def _stored(connection: ReadConnection, key: CustomerKey, row: Row, rules: Rules) -> Held:
    programme = in_force(rules.programmes, to_us(row["settled_at"]))
    [stored] = await connection.fetch(
        "SELECT available, debt, tier FROM customers WHERE shop = $1 AND customer_id = $2", *key
    )
    purse = Purse(*stored)
    return Held(key, purse, row["version"], tuple(tier.name for tier in programme.tiers), row["settled_at"])
