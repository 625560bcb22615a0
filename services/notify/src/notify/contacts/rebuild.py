"""Contacts from the topics: as always, and then the consents that customers gave to notify itself."""

from collections.abc import Sequence
from datetime import datetime

from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.events.consents import Statement
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on
from notify.contacts.address_rows import delete_grant, save_word
from notify.contacts.apply import READS
from notify.contacts.rows import restore_own_consent
from notify.domain.consent import About, AddressKey


async def restore_consents(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the statements in ``events``, in the order in which they were made."""
    for event in sorted(events, key=lambda event: event.time):
        data = event.data
        word = Statement(data.status, data.at, data.method)
        await restore_own_consent(connection, event.customer, data.channel, About(word, data.address_id))
        if data.address_id is not None:
            await save_word(connection, AddressKey(event.shop, data.channel, data.address_id), word)
    return ()


async def restore_withdrawals(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Of what erased customers said, store what an erasure leaves: withdrawals, for their addresses alone."""
    for event in sorted(events, key=lambda event: event.time):
        data = event.data
        if data.address_id is not None:
            address = AddressKey(event.shop, data.channel, data.address_id)
            await save_word(connection, address, Statement(data.status, data.at, data.method))
            if data.status == "granted":
                await delete_grant(connection, address, data.at)
    return ()


REBUILD = Rebuild(
    reads=(
        *READS,
        on({"consent.changed"}, restore_consents, group=REBUILD_GROUP, of_erased=restore_withdrawals),
    )
)
