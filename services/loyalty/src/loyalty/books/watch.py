"""The watch over the ledger: goes round all customers, some at a time, and holds what is stored against itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from loyalty.account.rows import count_orders, load_accounts
from loyalty.books import metrics
from loyalty.books.watch_rows import Stored, entries_of, next_customers, overdue, totals_of
from loyalty.domain.account import balance_of, credit_of
from loyalty.domain.books import balance_of_sums, of_credit
from loyalty.domain.posting import Balance
from loyalty.programme.rows import load_rules
from loyalty.settings import LoyaltySettings
from mandegar.database import Connection, transaction
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.health import Check
from mandegar.telemetry.logging import logger

log = logger(__name__)
SECONDS = 30.0
CUSTOMERS_AT_ONCE = 200
# Accounts with more orders are held against their entries alone.
WALKED_MAX = 500
# For so long a reservation may have ended without the timer.
LATE = timedelta(minutes=10)
_BEGINNING = CustomerKey("", "")

ENTRIES = "the balance is the sum of the entries"
LOTS = "the balance is the sum of the lots"
TAKEN_BACK = "no order is taken more than it gave"
OVERDUE = "no reservation outlives its time"
BOOKS = "the books are the sum of the balances"


class LedgerWatch:
    """Counts violations by invariant, of this round and of the one before."""

    def __init__(self, context: Context[LoyaltySettings]) -> None:
        self._context = context
        self._after = _BEGINNING
        self._shops: set[str] = set()
        self._found, self._before = Counter[str](), Counter[str]()

    @property
    def checks(self) -> Mapping[str, Check]:
        return {"ledger": self._told}

    async def run(self) -> None:
        """Look until cancelled."""
        await every(SECONDS, self.look, name="watch the ledger")

    async def look(self) -> None:
        """Look at some customers, and at the books of a shop whose customers begin among them."""
        async with transaction(self._context.worker) as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            some = await next_customers(connection, self._after, CUSTOMERS_AT_ONCE)
            found = await self._violations(connection, some)
        for invariant, number in found.items():
            log.error("ledger_violated", invariant=invariant, number=number)
        self._found += found
        metrics.LEDGER_CHECKED.inc(len(some))
        if len(some) < CUSTOMERS_AT_ONCE:
            self._before, self._found, self._after = self._found, Counter(), _BEGINNING
            self._shops = set()
        else:
            self._after = some[-1].key
        metrics.LEDGER_VIOLATIONS.set(max(self._found.total(), self._before.total()))

    async def _violations(self, connection: Connection, some: Sequence[Stored]) -> Counter[str]:
        found = Counter[str]()
        if not some:
            return found
        keys = [each.key for each in some]
        entries = await entries_of(connection, keys)
        for each in some:
            of_customer = entries[each.key]
            found[ENTRIES] += balance_of_sums(of_customer.sums) != each.balance
            found[ENTRIES] += balance_of_sums(of_credit(of_customer.sums)) != each.credit
            found[TAKEN_BACK] += min(of_customer.given.values(), default=0) < 0
        found[LOTS] += await _others_by_lots(connection, some)
        found[OVERDUE] += len(await overdue(connection, keys, self._context.clock.now() - LATE))
        for shop in {key.shop for key in keys} - self._shops:
            self._shops.add(shop)
            books, balances = await totals_of(connection, shop)
            found[BOOKS] += list(books) != list(balances)
        return +found

    async def _told(self) -> str | None:
        found = self._found | self._before
        if not found:
            return None
        told = ", ".join(f"{invariant} ({number})" for invariant, number in sorted(found.items()))
        return f"Violated: {told}. `python -m loyalty check` lists the rows, `python -m loyalty verify` what differs"


async def _others_by_lots(connection: Connection, some: Sequence[Stored]) -> int:
    """How many balances a walk from the beginning finds otherwise."""
    counts = await count_orders(connection, [each.key for each in some], WALKED_MAX + 1)
    stored = {each.key: each for each in some if counts[each.key] <= WALKED_MAX}
    rules = await load_rules(connection, {key.shop for key in stored})
    others = 0
    for key, account in await load_accounts(connection, stored):
        timeline = account.at(*rules[key.shop], to_us(stored[key].settled_at))
        credit = credit_of(timeline)
        found = balance_of(timeline), Balance() if credit is None else credit.balance
        others += found != (stored[key].balance, stored[key].credit)
    return others
