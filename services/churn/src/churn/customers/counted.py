"""Checks that the figures of shops are those of the orders: what each customer counts for, and the sums of it."""

from typing import Final

from churn.customers.rows import COUNTED_COLUMNS, counted_customer_of
from churn.domain.counting import Counts
from churn.domain.customer import Customer
from churn.domain.customer_turnover import changed_counts
from churn.domain.turnover import turnover_of, unpack_turnover
from churn.kpis.rows import ShopCounts, counts_of_shop, shops_counted
from churn.orders.rows import complete
from mandegar.calendar import shop_days
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey
from mandegar.months import CALENDARS
from mandegar.service.settings import ServiceSettings

A_TURNOVER_IS_THE_FOLD = "what a customer counts for in the figures follows from the orders"
FIGURES_ARE_THE_SUM = "the figures of a shop are the sum of what its customers count for"

# Few enough for the time that a session may rest in a transaction.
PAGE_CUSTOMERS: Final = 1_000
_PAGE = f"""
    SELECT {COUNTED_COLUMNS} FROM customers WHERE (shop, customer_id) > ($1, $2) ORDER BY shop, customer_id LIMIT $3
"""  # noqa: S608  names of our own columns


async def broken_figures(connection: Connection, _: ServiceSettings) -> list[Violation]:
    """Customers who count for something else than their orders, and shops with other sums; reads every row."""
    violations: list[Violation] = []
    after, sums = CustomerKey("", ""), ShopCounts()
    while rows := await connection.fetch(_PAGE, *after, PAGE_CUSTOMERS):
        for customer in map(counted_customer_of, rows):
            after = CustomerKey(customer.shop, customer.customer_id)
            sums.add(customer.shop, changed_counts(b"", customer.counted))
            try:
                await complete(connection, {after: customer.packed})
            except ValueError:  # which another check tells
                continue
            if customer.is_counted and not _is_fold(customer):
                violations.append(Violation(A_TURNOVER_IS_THE_FOLD, f"{after.shop}:{after.customer_id}"))
    for shop in sorted({*await shops_counted(connection), *sums.by_shop}):
        found: Counts = {}
        for calendar in CALENDARS:
            found |= await counts_of_shop(connection, shop, calendar)
        if found != sums.of(shop):
            violations.append(Violation(FIGURES_ARE_THE_SUM, shop))
    return violations


def _is_fold(customer: Customer) -> bool:
    if customer.zone is None:
        return not customer.counted
    folded = turnover_of((paid for _, paid in customer.all_paid()), shop_days(customer.zone))
    return folded == unpack_turnover(customer.counted)
