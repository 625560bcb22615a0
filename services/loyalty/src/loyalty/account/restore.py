"""Stores facts in a rebuild, without posting anything."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from loyalty.account.rebuild_rows import due_now
from loyalty.account.resume import News
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, load_accounts, save_orders
from loyalty.domain.orders import Fact
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey


async def restore_facts(
    connection: WorkerConnection, facts: Mapping[CustomerKey, Sequence[tuple[str, Fact]]], now: datetime
) -> None:
    """Like ``restore_news``, of facts with the ids under which they are kept."""
    await restore_news(connection, {customer: News(some, None, None) for customer, some in facts.items()}, now)


async def restore_news(connection: WorkerConnection, news: Mapping[CustomerKey, News], now: datetime) -> None:
    """Add the news to the accounts, and make these due: they are settled at the end of the rebuild."""
    orders: list[OrderRow | MarkedRow] = []
    for customer, account in await load_accounts(connection, news):
        news[customer].tell(customer, account)
        orders += changed_orders(customer, account.orders.values())
    await save_orders(connection, orders)
    await due_now(connection, news, now)
