"""Erases customers, and lets them come again.

Every id of the person is erased under its own key, in the order of what was done under it. What stays of a customer is
a row without content, which drops what the topics still bring.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from mandegar.customers.alias_rows import exclude_others
from mandegar.customers.erasure_rows import (
    ErasureRow,
    delete_contacts,
    delete_letters,
    delete_some,
    erase_acts,
    keeps_books,
    readmit,
    save_erasures,
    save_tombstones,
)
from mandegar.customers.standings import Standing, Standings
from mandegar.database import WorkerConnection, after_commit
from mandegar.database.customer_data import CustomerTable
from mandegar.events import CustomerKey, Event
from mandegar.stream import Erase, Erased, Removed, Subscription, needs_longer
from mandegar.telemetry import metrics

ERASED = "customer.erased"
# A batch leaves those of whom it would have to delete more to the lane beside.
ROWS_AT_ONCE = 10_000
_AUDIT = "the lines stay for 400 days, without the customer: they tell that something was changed, and when"


def erasing_of(parts: Sequence[Erase], tables: Sequence[CustomerTable], *, contacts: bool = False) -> Erase:
    """A function that erases customers: it calls ``parts``, then removes what the library removes by itself.

    ``contacts``: the service publishes addresses, of which it has rows in its outbox.
    """

    async def erase(erased: Sequence[Erased], connection: WorkerConnection, now: datetime) -> Sequence[Removed]:
        keys = sorted({each.customer for each in erased})
        removed = [each for part in parts for each in await part(erased, connection, now)]
        for table in tables:
            if table.deleted:
                counts = await _delete(connection, table, keys)
                removed += [Removed(key, table.export or table.name, rows) for key, rows in counts.items()]
            if table.emptied:
                await connection.execute(table.empty, [key.shop for key in keys], [key.customer_id for key in keys])
        counts = await delete_letters(connection, keys)
        if contacts:
            of_outbox = await delete_contacts(connection, keys)
            removed += [Removed(key, "published_contacts", rows) for key, rows in of_outbox.items()]
        acts = await erase_acts(connection, keys)
        removed += [Removed(key, "dead_letters", rows) for key, rows in counts.items()]
        return [*removed, *(Removed(key, "acts", 0, rows, _AUDIT) for key, rows in acts.items())]

    return erase


async def _delete(
    connection: WorkerConnection, table: CustomerTable, keys: Sequence[CustomerKey]
) -> Mapping[CustomerKey, int]:
    """Delete the rows of customers; raises ``TakesLonger`` if they are too many for a batch."""
    counts = Counter[CustomerKey]()
    while True:
        deleted = await delete_some(connection, table.delete_some, keys, ROWS_AT_ONCE)
        counts.update(deleted)
        if sum(deleted.values()) < ROWS_AT_ONCE:
            return counts
        needs_longer(key for key, rows in deleted.items() if rows * len(keys) >= ROWS_AT_ONCE)


async def apply_erasures(
    events: Sequence[Event],
    subscription: Subscription,
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
) -> None:
    """Apply erasures and readmissions of locked customers, and bring ``standings`` up to date."""
    erased: dict[CustomerKey, Event] = {}
    for event in sorted(events, key=_version):
        key, data = event.customer, event.data
        stored = standings.erasures.get(key)
        if event.type == ERASED:
            # At the stored version: the customer was marked as an alias of somebody whose partition was ahead.
            if stored is None or data.version > stored.version or (data.version == stored.version and stored.erased):
                erased[key] = event
                standings.erasures[key] = _standing(event)
        elif stored is not None and stored.erased and data.version > stored.version:
            standings.erasures[key] = stored._replace(erased=False, version=data.version)
    if erased and subscription.erase is not None:
        if subscription.excluded:
            await exclude_others(connection)
        await _mark(connection, {key: _standing(event) for key, event in erased.items()}, now, standings)
        removed = await subscription.erase([_erased(event) for event in erased.values()], connection, now)
        await save_erasures(connection, [_row(event, removed) for event in erased.values()], now)
        after_commit(partial(metrics.ERASED.inc, len(erased)))
    lifted = {event.customer for event in events if event.type != ERASED}
    versions = {key: each.version for key in lifted if (each := standings.erasures.get(key)) and not each.erased}
    if versions:
        await readmit(connection, versions)


async def erase_given(
    moves: Sequence[tuple[CustomerKey, CustomerKey]],
    erase: Erase,
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
) -> None:
    """Erase what aliases hold that would go to an erased root, as a part of the root's erasure.

    The aliases themselves are not marked: their own partitions tell whether they were erased, too.
    """
    erased = [
        Erased(alias, standing.erasure_id, await keeps_books(connection, root.shop, standing.erasure_id))
        for alias, root in moves
        for standing in [standings.erasures[root]]
    ]
    removed = await erase(erased, connection, now)
    for each, (_, root) in zip(erased, moves, strict=True):  # one at a time: they may belong to one root
        told = _told(removed, each.customer)
        row = ErasureRow(root.shop, each.erasure_id, root.customer_id, 1, each.keep_books, now, told)
        await save_erasures(connection, [row], now)


async def _mark(
    connection: WorkerConnection, erased: Mapping[CustomerKey, Standing], now: datetime, standings: Standings
) -> None:
    for alias, root in await save_tombstones(connection, erased, now):
        standings.erasures[alias] = erased[root]._replace(profile=None)


def _standing(event: Event) -> Standing:
    data = event.data
    return Standing(True, data.version, event.recorded_time, data.profile_version, data.erasure_id)


def _erased(event: Event) -> Erased:
    data = event.data
    return Erased(event.customer, data.erasure_id, data.keep_books, data.profile_version)


def _row(event: Event, removed: Sequence[Removed]) -> ErasureRow:
    data = event.data
    told = _told(removed, event.customer)
    id_ = event.customer.customer_id
    return ErasureRow(event.shop, data.erasure_id, id_, data.ids, data.keep_books, event.time, told)


def _told(removed: Sequence[Removed], customer: CustomerKey) -> list[dict[str, Any]]:
    return [
        {"what": each.what, "removed": each.removed, "kept": each.kept, "why": each.why}
        for each in removed
        if each.customer == customer and (each.removed or each.kept)
    ]


def _version(event: Event) -> int:
    version: int = event.data.version
    return version
