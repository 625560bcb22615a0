"""Makes customers aliases of others: what says so is applied before the other events of a batch, which go to the roots.

Both partitions hear of a merge, in any order, perhaps twice or late. The record of the alias stands behind what the
alias did before. That of the root may be far ahead, so it is believed about the very next version only, and only behind
every erasure of the alias. Behind the root's erasures stands its own record alone; that of the alias tells of the
latest, so that what the root was is erased before the alias gives it anything.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec import structs

from mandegar.customers.alias_rows import exclude_others, lock_more, read_below, save_aliases, standings_of
from mandegar.customers.erasing import apply_erasures, erase_given
from mandegar.customers.erasure_rows import lift_marks
from mandegar.customers.forest import AliasRow, Forest
from mandegar.customers.standings import Standings
from mandegar.database import WorkerConnection, after_commit
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import erasure_event_id, merge_id
from mandegar.events.ingest import CustomerErased, CustomerReadmitted
from mandegar.events.registry import ERASED, IDENTITY_TYPES, READMITTED, SPLIT
from mandegar.stream import Erase, Merge, Merged
from mandegar.telemetry import metrics


def customers_of(events: Sequence[Event]) -> set[CustomerKey]:
    """The customers whom ``events`` are about, the aliases and roots that they name among them."""
    keys = {event.customer for event in events if event.customer_id is not None}
    for event in events:
        if event.type in IDENTITY_TYPES:
            keys |= {CustomerKey(event.shop, event.data.alias), CustomerKey(event.shop, event.data.root)}
    return keys


def queue_of(
    event: Event, roots: Mapping[CustomerKey, CustomerKey], waiting: Collection[CustomerKey]
) -> CustomerKey | None:
    """Behind whose waiting events this one has to wait; None if it need not.

    Merges and splits wait with what their alias does, so that they stay in its order, also if only the root waits.
    """
    if event.customer_id is None:
        return None
    is_identity = event.type in IDENTITY_TYPES
    key = CustomerKey(event.shop, event.data.alias) if is_identity else event.customer
    owner = roots.get(key, key)
    if key in waiting:
        return key
    root = CustomerKey(event.shop, event.data.root) if is_identity else owner
    return owner if not {owner, root, roots.get(root, root)}.isdisjoint(waiting) else None


def about(event: Event, customer: CustomerKey) -> Event:
    """The event as one of ``customer``."""
    if event.customer == customer:
        return event
    return structs.replace(event, customer_id=customer.customer_id, alias=event.customer_id)


def unrouted(event: Event) -> Event:
    """A routed event as it was published: under the id that has become an alias."""
    return event if event.alias is None else structs.replace(event, customer_id=event.alias, alias=None)


async def merge_customers(
    identities: Sequence[Event],
    merge: Merge,
    connection: WorkerConnection,
    now: datetime,
    standings: Standings,
    *,
    erase: Erase | None = None,
    excluded: bool = False,
) -> Sequence[Event]:
    """Apply merges and splits of locked customers, and bring ``standings`` up to date.

    ``erase`` is called for what an alias would give to an erased root. ``excluded``: groups that lock rows of their own
    are kept out until the transaction ends.
    """
    if not identities:
        return ()
    rows = await read_below(connection, {_alias_of(event) for event in identities})
    changes = _newer(identities, rows, standings)
    if not changes:
        return ()
    if excluded:
        await exclude_others(connection)
    await apply_erasures(_erasures_untold(changes, standings), erase, connection, now, standings)
    forest = Forest(rows, standings.roots)
    for event in changes:
        alias = _alias_of(event)
        forest.attach(alias, None if event.type == SPLIT else _root_of(event), event.data.version)
    moves = forest.moves()
    more = {move.root for move in moves} - customers_of(identities) - {*standings.roots.values()}
    await lock_more(connection, more)
    standings.erasures |= (await standings_of(connection, more)).erasures if more else {}
    await save_aliases(connection, forest.changed())
    for key, root in forest.roots().items():
        if root == key:
            standings.roots.pop(key, None)
        else:
            standings.roots[key] = root
    await _lift_marks(connection, changes, standings)
    latest = {_alias_of(event): event for event in changes}
    merged = [Merged(alias, root, _as_of_alias(latest.get(alias, changes[-1]))) for alias, root in moves]
    after_commit(partial(metrics.MERGED.inc, len(merged)))
    gone = {each.alias: erased for each in merged if (erased := _goes_with(each, standings)) is not None}
    given = [each for each in merged if each.alias not in gone and not _is_erased(each.alias, standings)]
    if gone and erase is not None:
        await erase_given(gone, erase, connection, now, standings)
    return await merge(given, connection, now) if given else ()


def _erasures_untold(changes: Sequence[Event], standings: Standings) -> list[Event]:
    """The latest erasures of roots, and that they were lifted, as far as the partitions of the roots are behind."""
    return [
        event
        for change in changes
        if change.type != SPLIT
        and change.data.root_erasure is not None
        and change.data.erasures > _erasures_of(_root_of(change), standings)
        for event in _erased_and_readmitted(change)
    ]


def _erased_and_readmitted(change: Event) -> tuple[Event, Event]:
    """What ingest published of the latest erasure of a merge's root before it merged, under the key of the root."""
    root, data, latest = _root_of(change), change.data, change.data.root_erasure
    erasure = CustomerErased(
        erasure_id=latest.erasure_id, version=data.erasures - 1, ids=latest.ids, keep_books=latest.keep_books
    )
    erased = structs.replace(
        change,
        id=erasure_event_id(root, erasure.version),
        type=ERASED,
        time=latest.recorded_time,
        recorded_time=latest.recorded_time,
        customer_id=root.customer_id,
        data=erasure,
    )
    readmission = CustomerReadmitted(erasure_id=latest.erasure_id, version=data.erasures)
    id_ = erasure_event_id(root, readmission.version, READMITTED)
    return erased, structs.replace(erased, id=id_, type=READMITTED, data=readmission)


def _goes_with(merged: Merged, standings: Standings) -> CustomerKey | None:
    """The root who is erased, or was since they were one person: what the alias holds was theirs then."""
    root = standings.erasures.get(merged.root)
    if root is not None and root.erased:
        return merged.root
    event = merged.event
    if event.type == SPLIT or _erasures_of(_root_of(event), standings) <= event.data.erasures:
        return None
    return _root_of(event)


def _erasures_of(key: CustomerKey, standings: Standings) -> int:
    """The version of the latest erasure or readmission that is known of a customer, 0 if there is none."""
    standing = standings.erasures.get(key)
    return 0 if standing is None else standing.version


def _is_erased(key: CustomerKey, standings: Standings) -> bool:
    standing = standings.erasures.get(key)
    return standing is not None and standing.erased


async def _lift_marks(connection: WorkerConnection, changes: Sequence[Event], standings: Standings) -> None:
    """Those who are split from an erased root, and were not erased themselves, are not erased any more."""
    split = [_alias_of(event) for event in changes if event.type == SPLIT]
    if marked := [key for key in split if key in standings.erasures]:
        for key in await lift_marks(connection, marked):
            del standings.erasures[key]


def _newer(identities: Sequence[Event], rows: Mapping[CustomerKey, AliasRow], standings: Standings) -> list[Event]:
    """The events that change who is whom, in the order of their versions."""
    versions = {key: row.version for key, row in rows.items()}
    newer: list[Event] = []
    for event in sorted(identities, key=_version):
        alias, version = _alias_of(event), event.data.version
        stored = versions.get(alias, 0)
        if version > stored and (event.customer == alias or _is_next(event, stored, standings)):
            versions[alias] = version
            newer.append(event)
    return newer


def _is_next(event: Event, stored: int, standings: Standings) -> bool:
    """Whether nothing that changes what the alias gives lies between what is known of it and a record of the root.

    Between the stored version and a later one lie acts that are not the later root's; before an erasure lies what
    nobody is given.
    """
    if event.data.version != stored + 1:
        return False
    return event.type == SPLIT or _erasures_of(_alias_of(event), standings) >= event.data.alias_erasures


def _as_of_alias(event: Event) -> Event:
    """The merge as it was published under the alias's key, whichever record came first: the cause of what follows."""
    alias = _alias_of(event)
    return structs.replace(event, id=merge_id(alias, event.data.version, event.type), customer_id=alias.customer_id)


def _alias_of(event: Event) -> CustomerKey:
    return CustomerKey(event.shop, event.data.alias)


def _root_of(event: Event) -> CustomerKey:
    return CustomerKey(event.shop, event.data.root)


def _version(event: Event) -> int:
    version: int = event.data.version
    return version
