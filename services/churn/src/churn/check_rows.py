"""One pass over all customers, page by page: columns, figures and memberships are what orders and conditions give."""

from typing import Final

from churn.customers.counted import A_TURNOVER_IS_THE_FOLD, is_counted_as_folded, wrong_sums
from churn.customers.invariants import OLDER_ORDERS_ARE_COUNTED, broken_folds
from churn.customers.rows import COUNTED_COLUMNS, counted_customer_of
from churn.domain.customer import Customer, Terms
from churn.domain.customer_turnover import changed_counts
from churn.domain.visit_months import counts_of_visits
from churn.kpis.rows import ShopCounts
from churn.models.rows import load_terms
from churn.orders.rows import complete
from churn.segments.check import wrong_memberships
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.events import CustomerKey
from mandegar.service.settings import ServiceSettings

# Few enough for the time that a session may rest in a transaction.
PAGE_CUSTOMERS: Final = 1_000
_PAGE: Final = f"""
    SELECT {COUNTED_COLUMNS} FROM customers WHERE (shop, customer_id) > ($1, $2) ORDER BY shop, customer_id LIMIT $3
"""  # noqa: S608  names of our own columns


async def broken_rows(connection: Connection, _: ServiceSettings) -> list[Violation]:
    """What of customers differs from their orders and the conditions of segments, and which sums differ from theirs."""
    violations: list[Violation] = []
    after, sums = CustomerKey("", ""), ShopCounts()
    while rows := await connection.fetch(_PAGE, *after, PAGE_CUSTOMERS):
        customers = {CustomerKey(row["shop"], row["customer_id"]): counted_customer_of(row) for row in rows}
        terms = await load_terms(connection, {key.shop for key in customers})
        violations += await wrong_memberships(connection, customers, terms)
        for after, customer in customers.items():
            sums.add(after.shop, changed_counts(b"", customer.counted))
            sums.add(after.shop, counts_of_visits(customer.counted_visits))
            broken = await _broken(connection, after, customer, terms[after.shop])
            violations += [Violation(what, f"{after.shop}:{after.customer_id}") for what in broken]
    return violations + await wrong_sums(connection, sums)


async def _broken(connection: Connection, key: CustomerKey, customer: Customer, terms: Terms) -> list[str]:
    try:
        await complete(connection, {key: customer.packed})
    except ValueError:
        return [OLDER_ORDERS_ARE_COUNTED]
    figures = [] if is_counted_as_folded(customer) else [A_TURNOVER_IS_THE_FOLD]
    return [*broken_folds(customer, terms), *figures]
