"""Stores the phone numbers in snapshots of profiles. Nothing is published because of them."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.phones.rows import PhoneRow, save_phones
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.service.rebuild_plan import Rebuild
from mandegar.stream import on


async def store(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Of several snapshots of one customer that with the highest version stands, in any order of arrival."""
    newest: dict[CustomerKey, Event] = {}
    for event in events:
        newest[event.customer] = max(newest.get(event.customer, event), event, key=_version)
    await save_phones(
        connection, [PhoneRow(*key, event.data.version, event.data.phone_id) for key, event in sorted(newest.items())]
    )
    return ()


def _version(event: Event) -> int:
    version: int = event.data.version
    return version


READS = (on({"customer.updated"}, store),)
REBUILD = Rebuild(reads=READS)
