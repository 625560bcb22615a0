"""Checks that the figures of shops are those of the orders: what each customer counts for, and the sums of it."""

from churn.contracts.rows import CONTRACTS
from churn.domain.counting import Counts
from churn.domain.customer import Customer
from churn.domain.turnover import turnover_of, unpack_turnover
from churn.kpis.rows import ShopCounts, counts_of_shop, shops_counted
from churn.satisfaction.rows import ANSWERS
from mandegar.calendar import shop_days
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey
from mandegar.months import CALENDARS

A_TURNOVER_IS_THE_FOLD = "what a customer counts for in the figures follows from the orders"
FIGURES_ARE_THE_SUM = "the figures of a shop are the sum of what its customers count for"
# Few enough for the time that a session may rest in a transaction.
PAGE_CUSTOMERS = 1_000


async def wrong_sums(connection: Connection, sums: ShopCounts) -> list[Violation]:
    """Shops whose figures are another sum than that of what all customers count for, by all facts.

    ``sums`` are those of orders; the ones of answers and contracts are added.
    """
    violations: list[Violation] = []
    for table in (ANSWERS, CONTRACTS):
        after = CustomerKey("", "")
        while rows := await table.page(connection, after, PAGE_CUSTOMERS):
            after = max(rows)
            for key, row in rows.items():
                sums.add(key.shop, table.counts(row))
    for shop in sorted({*await shops_counted(connection), *sums.by_shop}):
        found: Counts = {}
        for calendar in CALENDARS:
            found |= await counts_of_shop(connection, shop, calendar)
        if found != sums.of(shop):
            violations.append(Violation(FIGURES_ARE_THE_SUM, shop))
    return violations


def is_counted_as_folded(customer: Customer) -> bool:
    """Whether a customer counts for what their orders, which were all read, give; or is still to be counted."""
    if not customer.is_counted:
        return True
    if customer.zone is None:
        return not customer.counted
    folded = turnover_of((paid for _, paid in customer.all_paid()), shop_days(customer.zone))
    return folded == unpack_turnover(customer.counted)
