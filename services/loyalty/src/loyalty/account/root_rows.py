"""The row of a customer, or of the one whose alias they are."""

from mandegar.database import ReadConnection, Row
from mandegar.events import CustomerKey
from mandegar.web.customers import unknown_customer


async def root_row(connection: ReadConnection, key: CustomerKey) -> tuple[CustomerKey, Row]:
    """The customer, or the one whose alias they are, and the row."""
    row = await _customer_row(connection, key)
    if row is not None and row["merged_into"] is not None:
        key = key._replace(customer_id=row["merged_into"])
        row = await _customer_row(connection, key)
    if row is None or row["settled_at"] is None:
        raise unknown_customer()
    return key, row


async def _customer_row(connection: ReadConnection, customer: CustomerKey) -> Row | None:
    """Up to when the ledger of a customer is written, its version, what is remembered of the account, and the root."""
    return await connection.fetchrow(
        "SELECT version, settled_at, remembered, merged_into FROM customers WHERE shop = $1 AND customer_id = $2",
        *customer,
    )
