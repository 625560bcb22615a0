"""Merges of customers while loyalty is rebuilt: facts go to the roots before any entry is restored."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.account.close import Closing
from loyalty.account.merge import facts_of, moves_within, news_of_roots
from loyalty.account.merge_rows import close_aliases
from loyalty.account.rebuild_rows import due_now, open_aliases, raise_versions
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, load_accounts, save_orders
from loyalty.settings import LoyaltySettings
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection, transaction
from mandegar.events import Event
from mandegar.outbox.rows import write_outbox
from mandegar.service.context import Context
from mandegar.stream import Merged


async def restore_merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Give the facts of aliases to their roots, and make these due."""
    roots = {each.root for each in merged}
    accounts = dict(await load_accounts(connection, {*roots, *(each.alias for each in merged)}))
    moves = await moves_within(connection, merged, accounts)
    facts = {each.alias: facts_of(accounts[each.alias]) for each in merged}
    news = news_of_roots(merged, facts, accounts, moves)
    orders: list[OrderRow | MarkedRow] = []
    for root, told in news.items():
        told.tell(root, accounts[root])
        orders += changed_orders(root, accounts[root].orders.values())
    await close_aliases(connection, {each.alias: accounts[each.alias].version for each in merged})
    await save_orders(connection, orders)
    await due_now(connection, roots, now)
    return ()


async def close_the_rest(context: Context[LoyaltySettings]) -> None:
    """Close the accounts of aliases of which the lost database had not told that they were closed."""
    while True:
        now = context.clock.now()
        async with transaction(context.worker) as connection:
            roots = await open_aliases(connection)
            if not roots:
                return
            await lock_customers(connection, roots, context.settings.partitions)
            closing = Closing(now)
            for alias, account in await load_accounts(connection, roots):
                closing.close(alias, roots[alias][0], account, roots[alias][1], None)
            await closing.write(connection)
            await raise_versions(connection, {alias: root for alias, (root, _) in roots.items()})
            await write_outbox(connection, closing.outgoing)
