"""Erases what ingest holds of customers and the library does not: contents, and who had which address or browser."""

from collections.abc import Sequence
from datetime import datetime

from ingest.erasure.rows import (
    Count,
    delete_quarantined,
    delete_unsent_profiles,
    empty_events,
    forget_addresses,
    forget_browsers,
)
from mandegar.database import WorkerConnection
from mandegar.stream import Erased, Removed

# In one transaction; the others follow within seconds.
EVENTS_AT_ONCE = 2_000
_IDS_STAY = "without their content and the shop's own ids: by their ids, repeats are told from new events"


async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:  # noqa: ARG001
    """Erase locked customers; of events in the history at most ``EVENTS_AT_ONCE``."""
    keys = [each.customer for each in erased]
    emptied = await empty_events(connection, keys, EVENTS_AT_ONCE)
    return [
        *(Removed(customer, "events", rows, rows, _IDS_STAY) for customer, rows in emptied),
        *_gone("unsent_profiles", await delete_unsent_profiles(connection, keys)),
        *_gone("quarantine", await delete_quarantined(connection, keys)),
        *_gone("addresses", await forget_addresses(connection, keys)),
        *_gone("browsers", await forget_browsers(connection, keys)),
    ]


def _gone(what: str, counts: Sequence[Count]) -> list[Removed]:
    return [Removed(customer, what, rows) for customer, rows in counts]
