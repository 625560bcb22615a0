"""Erases contacts, and the consents that customers gave for their addresses."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.stream import Erased, Removed
from notify.contacts.erase_rows import VERSION_MAX, ErasedRow, clear_contacts, forget_grants

SUPPRESSION = (
    "Withdrawals of consent stay under a keyed hash of the address alone, without a customer, so that nobody is "
    "written to at an address whose owner asked for no more marketing"
)


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Clear snapshots, unless they were published after the erasure, and delete grants of consent."""
    rows = [ErasedRow(*each.customer, _last_before(each)) for each in erased]
    words = await forget_grants(connection, rows)
    await clear_contacts(connection, rows)
    return [
        Removed(CustomerKey(word.shop, word.customer_id), "address_consents", word.deleted, word.kept, SUPPRESSION)
        if word.kept
        else Removed(CustomerKey(word.shop, word.customer_id), "address_consents", word.deleted)
        for word in words
    ]


def _last_before(erased: Erased) -> int:
    """The version of the last snapshot before the erasure. Nobody knows it of an alias that its root's took along."""
    return VERSION_MAX if erased.profile_version is None else erased.profile_version
