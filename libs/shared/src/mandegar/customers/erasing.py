"""Erases customers, and lets them come again.

Every id of the person is erased under its own key, in the order of what was done under it. What stays of a customer is
a row without content, which drops what the topics still bring.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from mandegar.customers.alias_rows import exclude_others
from mandegar.customers.erasure_rows import (
    ErasureRow,
    delete_contacts,
    delete_letters,
    delete_some,
    empty_columns,
    erase_acts,
    keeps_books,
    people_of,
    readmit,
    save_erasures,
    save_tombstones,
)
from mandegar.customers.standings import Standing, Standings
from mandegar.database import WorkerConnection, after_commit
from mandegar.database.customer_data import CustomerTable
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ERASED
from mandegar.stream import Erase, Erased, Removed, TakesLonger, needs_longer
from mandegar.telemetry import metrics

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
                emptied = await empty_columns(connection, table.empty, keys)
                removed += [Removed(key, table.export or table.name, 1) for key in emptied]
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
    erase: Erase | None,
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
    *,
    excluded: bool = False,
) -> None:
    """Apply erasures and readmissions of locked customers, and bring ``standings`` up to date.

    They concern all ids of the person, whichever of their partitions is read first: what each record says is applied
    at once to the root and its aliases, as far as they are known here and not ahead of it. A record that its own
    customer is ahead of concerns nobody: aliases that are known since may be of a later time. ``excluded``: groups that
    lock rows of their own are kept out until the transaction ends.
    """
    if not events or erase is None:
        return
    people = await people_of(connection, {standings.root(event.customer) for event in events}, standings)
    causes: dict[CustomerKey, Event] = {}
    lifted: set[CustomerKey] = set()
    applied: set[tuple[CustomerKey, str, int]] = set()
    for event in sorted(events, key=_version):
        version, own = event.data.version, standings.erasures.get(event.customer)
        if own is not None and own.version > version:
            continue
        root = standings.root(event.customer)
        # Somebody with 10,000 ids has 10,000 events that say the same of all of them.
        concerned = () if (root, event.type, version) in applied else people[root]
        applied.add((root, event.type, version))
        for key in {event.customer, *concerned}:
            stored = standings.erasures.get(key)
            if event.type == ERASED:
                if key != event.customer and key in causes and causes[key].data.version == version:
                    continue
                # Again at the stored version: what was not known to be the person's then may be by now.
                if stored is None or version > stored.version or (version == stored.version and stored.erased):
                    causes[key] = event
                    standings.erasures[key] = _standing(event, key, stored)
            elif stored is not None and stored.erased and version > stored.version:
                lifted.add(key)
                standings.erasures[key] = stored._replace(erased=False, version=version)
    if causes and excluded:
        await exclude_others(connection)
    await _erase(causes, [event for event in events if event.type == ERASED], erase, connection, now, standings)
    if versions := {key: standings.erasures[key].version for key in lifted if not standings.erasures[key].erased}:
        await readmit(connection, versions)


async def _erase(
    causes: Mapping[CustomerKey, Event],
    events: Sequence[Event],
    erase: Erase,
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
) -> None:
    """Erase customers because of events, each of which is answered for with what it has removed."""
    removed: Sequence[Removed] = ()
    if causes:
        await save_tombstones(connection, {key: standings.erasures[key] for key in causes}, now)
        erased = [
            Erased(key, cause.data.erasure_id, cause.data.keep_books, standings.erasures[key].profile)
            for key, cause in causes.items()
        ]
        try:
            removed = await erase(erased, connection, now)
        except TakesLonger as error:
            raise TakesLonger({causes[key].customer for key in error.customers}) from error
    of_event: defaultdict[UUID, list[Removed]] = defaultdict(list)
    for each in removed:
        of_event[causes[each.customer].id].append(each)
    rows = {event.customer: event for event in events}
    await save_erasures(connection, [_row(event, of_event[event.id]) for event in rows.values()], now)
    after_commit(partial(metrics.ERASED.inc, len(causes)))


async def erase_given(
    moves: Mapping[CustomerKey, CustomerKey],
    erase: Erase,
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
) -> None:
    """Erase what aliases hold that would go to an erased root, as a part of the root's erasure.

    The aliases are marked as the root is: they were one person when it was erased, so what they did before has no
    effect. If they were split before, that record takes the mark back.
    """
    marked: dict[CustomerKey, Standing] = {}
    for alias, root in moves.items():
        stored, of_root = standings.erasures.get(alias), standings.erasures[root]
        if stored is None or stored.version < of_root.version:
            marked[alias] = standings.erasures[alias] = of_root._replace(profile=None)
    await save_tombstones(connection, marked, now)
    await readmit(connection, {alias: standing.version for alias, standing in marked.items() if not standing.erased})
    erased = [
        Erased(alias, standing.erasure_id, await keeps_books(connection, root.shop, standing.erasure_id))
        for alias, root in moves.items()
        for standing in [standings.erasures[root]]
    ]
    removed = by_customer(await erase(erased, connection, now))
    for each, root in zip(erased, moves.values(), strict=True):  # one at a time: they may belong to one root
        lines = told(removed[each.customer])
        row = ErasureRow(root.shop, each.erasure_id, root.customer_id, 1, each.keep_books, now, lines)
        await save_erasures(connection, [row], now)


def _standing(event: Event, key: CustomerKey, stored: Standing | None) -> Standing:
    """What the event makes of one of the person's ids. It knows the last snapshot of its own alone."""
    data = event.data
    profile = data.profile_version
    if key != event.customer:
        profile = stored.profile if stored is not None and stored.version == data.version else None
    return Standing(True, data.version, event.recorded_time, profile, data.erasure_id)


def _row(event: Event, removed: Sequence[Removed]) -> ErasureRow:
    data, id_ = event.data, event.customer.customer_id
    return ErasureRow(event.shop, data.erasure_id, id_, data.ids, data.keep_books, event.time, told(removed))


def by_customer(removed: Sequence[Removed]) -> defaultdict[CustomerKey, list[Removed]]:
    """What was removed, by customer."""
    found: defaultdict[CustomerKey, list[Removed]] = defaultdict(list)
    for each in removed:
        found[each.customer].append(each)
    return found


def told(removed: Sequence[Removed]) -> list[dict[str, Any]]:
    """What was removed, as ``erasures`` stores it."""
    return [
        {"what": each.what, "removed": each.removed, "kept": each.kept, "why": each.why}
        for each in removed
        if each.removed or each.kept
    ]


def _version(event: Event) -> int:
    version: int = event.data.version
    return version
