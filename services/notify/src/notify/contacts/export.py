"""What an export adds to a contact: the words about addresses, which name no customer."""

from collections.abc import Mapping, Sequence
from typing import Any

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from notify.contacts.address_rows import words_about


async def words(
    customer: CustomerKey,
    connection: WorkerConnection,
    after: Any,  # noqa: ARG001  there are few of them, and all are on the first page
) -> tuple[Sequence[Mapping[str, Any]], None]:
    """What was said about the addresses that the customer's own words and messages name, by their pseudonyms."""
    return [dict(row) for row in await words_about(connection, customer)], None
