"""Closes the accounts of aliases: what was posted there is taken back, dated as it was posted."""

from datetime import datetime

from loyalty.account.entries import entries_of
from loyalty.account.events import closed_events, posted_events
from loyalty.account.ledger_rows import LedgerRow, insert_entries
from loyalty.account.merge_rows import close_aliases
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, save_orders
from loyalty.domain.account import Account
from loyalty.domain.posting import Balance
from loyalty.domain.settled import Settled
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event


class Closing:
    """Accounts of aliases that are being closed."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._entries: list[LedgerRow] = []
        self._orders: list[OrderRow | MarkedRow] = []
        self._versions: dict[CustomerKey, int] = {}
        self.outgoing: list[Event] = []

    def close(self, alias: CustomerKey, root: CustomerKey, account: Account, tier: str, trigger: Event | None) -> None:
        """Take back all that was posted. An order keeps its sums, which count the entries whose ids are taken."""
        settled = Settled(account.post({}), {}, Balance(), tier, None, None, [], None, None)
        posting = entries_of(alias, account, settled, trigger, self._now)
        self._entries += [row for row, _ in posting]
        if account.version:
            posted = posted_events(alias, posting, settled, trigger)
            self.outgoing += closed_events(posted, alias, root, account, settled, trigger, self._now)
        self._versions[alias] = account.version
        for order in account.orders.values():
            order.facts, order.mark, order.changed = [], None, bool(order.posted)
        self._orders += changed_orders(alias, account.orders.values())

    async def write(self, connection: WorkerConnection) -> None:
        """Write what was closed."""
        await insert_entries(connection, self._entries)
        await close_aliases(connection, self._versions)
        await save_orders(connection, self._orders)
