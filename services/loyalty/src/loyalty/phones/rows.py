"""Rows of the phone numbers of customers."""

from collections.abc import Sequence

from msgspec import Struct

from mandegar.database import Connection, WorkerConnection, as_json, record_set


class PhoneRow(Struct, frozen=True):
    """The number in a snapshot of a customer's profile; null: it has none."""

    shop: str
    customer_id: str
    version: int
    phone_id: str | None


_SAVE = f"""
    INSERT INTO phones (shop, customer_id, version, phone_id)
    SELECT shop, customer_id, version, phone_id FROM {record_set(PhoneRow)}
    ON CONFLICT (shop, customer_id) DO UPDATE SET (version, phone_id) = (excluded.version, excluded.phone_id)
    WHERE phones.version < excluded.version
"""  # noqa: S608
# The number is also the id of the guest who has it.
_FIND = """
    SELECT DISTINCT coalesce(c.merged_into, c.customer_id) FROM (
        SELECT customer_id FROM phones WHERE shop = $1 AND phone_id = $2
        UNION ALL SELECT $2
    ) AS w JOIN customers c ON c.shop = $1 AND c.customer_id = w.customer_id
    WHERE c.erased_at IS NULL ORDER BY 1 LIMIT $3
"""


async def save_phones(connection: WorkerConnection, rows: Sequence[PhoneRow]) -> None:
    """Store the numbers of snapshots that are newer than the stored ones; one row a customer."""
    await connection.execute(_SAVE, as_json(rows))


async def customers_of_phone(connection: Connection, shop: str, phone_id: str, *, at_most: int) -> list[str]:
    """The customers who have a number, at most so many. An alias counts as its root."""
    return [row[0] for row in await connection.fetch(_FIND, shop, phone_id, at_most)]
