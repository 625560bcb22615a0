"""Invariants of the rows of customers, for tests and operators."""

from churn.customers.rows import COLUMNS, customer_of
from churn.domain.purchases import purchases, statistics
from churn.models.rows import load_terms
from mandegar.database import Connection
from mandegar.database.invariants import Violation
from mandegar.quantities import from_us
from mandegar.service.settings import ServiceSettings

A_HISTORY_ENDS = """
    SELECT shop, customer_id FROM customers
    WHERE due_at IS NULL AND backfill_until IS NOT NULL LIMIT $1
"""

A_BAND_HAS_A_PURCHASE = """
    SELECT shop, customer_id FROM customers
    WHERE band IS NOT NULL AND (band_since IS NULL OR value_at_risk IS NULL OR version = 0)
       OR band IS NOT NULL AND x IS NULL AND backfill_until IS NULL LIMIT $1
"""

DAYS_AND_PURCHASES_AGREE = """
    SELECT shop, customer_id FROM customers
    WHERE first_day > last_day OR x > last_day - first_day OR (x IS NULL) <> (first_day IS NULL) LIMIT $1
"""

INVARIANTS = {
    "a customer whose history is coming in has a due instant": A_HISTORY_ENDS,
    "a band has a purchase, a date and a value": A_BAND_HAS_A_PURCHASE,
    "first day, last day and number of purchases agree": DAYS_AND_PURCHASES_AGREE,
}
COLUMNS_ARE_THE_FOLD = "columns are the fold of the packed orders"
THE_NEXT_CROSSING_IS_DUE = "the next crossing is the due instant"


async def broken_folds(connection: Connection, _: ServiceSettings) -> list[Violation]:
    """Customers whose columns differ from the fold of their packed orders; reads every row."""
    violations: list[Violation] = []
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM customers ORDER BY shop, customer_id")  # noqa: S608
    customers = [customer_of(row) for row in rows]
    terms = await load_terms(connection, {customer.shop for customer in customers})
    for customer in customers:
        under = terms[customer.shop]
        if customer.model_version is None or not customer.is_under(under):
            continue
        counted = statistics(purchases(customer.orders, under.days), under.days)
        folded = (counted.x, counted.first_day, counted.last_day) if counted else (None, None, None)
        if folded != (customer.x, customer.first_day, customer.last_day):
            violations.append(Violation(COLUMNS_ARE_THE_FOLD, f"{customer.shop}:{customer.customer_id}"))
        settled = customer.backfill_until is None and customer.band not in {None, "lost"}
        if counted and settled and (customer.due_at is None or customer.due_at < from_us(counted.silent_from_us)):
            violations.append(Violation(THE_NEXT_CROSSING_IS_DUE, f"{customer.shop}:{customer.customer_id}"))
    return violations
