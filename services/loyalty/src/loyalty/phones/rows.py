"""Rows of the phone numbers of customers; `find.py` reads them."""

from collections.abc import Sequence

from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, record_set


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


async def save_phones(connection: WorkerConnection, rows: Sequence[PhoneRow]) -> None:
    """Store the numbers of snapshots that are newer than the stored ones; one row a customer."""
    await connection.execute(_SAVE, as_json(rows))
