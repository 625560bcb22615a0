"""Makes customers aliases of others: what says so is applied before the other events of a batch, which go to the roots.

Both partitions hear of a merge, in any order, perhaps twice or late. The record of the alias stands behind what the
alias did before. That of the root may be far ahead, so it is believed about the very next version only.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec import structs

from mandegar.customers.alias_rows import lock_more, read_below, roots_of, save_aliases
from mandegar.customers.forest import AliasRow, Forest
from mandegar.database import WorkerConnection, after_commit
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import merge_id
from mandegar.events.registry import IDENTITY_TYPES
from mandegar.stream import Merge, Merged, Subscription
from mandegar.telemetry import metrics

Roots = dict[CustomerKey, CustomerKey]
SPLIT = "customer.split"
# The advisory lock that merges take exclusively, and groups that lock rows of their own take shared.
_MERGES = 7302


def customers_of(events: Sequence[Event]) -> set[CustomerKey]:
    """The customers whom ``events`` are about, the aliases and roots that they name among them."""
    keys = {event.customer for event in events if event.customer_id is not None}
    for event in events:
        if event.type in IDENTITY_TYPES:
            keys |= {CustomerKey(event.shop, event.data.alias), CustomerKey(event.shop, event.data.root)}
    return keys


async def apply_to_roots(
    subscription: Subscription, events: Sequence[Event], connection: WorkerConnection, now: datetime, roots: Roots
) -> Sequence[Event]:
    """Apply events whose customers are locked, and have these ``roots``, which this function keeps up to date."""
    if subscription.merge is None or not any(event.type in IDENTITY_TYPES for event in events):
        return await subscription.apply(routed(events, roots), connection, now)
    outgoing: list[Event] = []
    for identities, rest in _segments(events):
        outgoing += await merge_customers(
            identities, subscription.merge, connection, now, roots, excluded=subscription.excluded
        )
        if rest:
            outgoing += await subscription.apply(routed(rest, roots), connection, now)
    return outgoing


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


def routed(events: Sequence[Event], roots: Mapping[CustomerKey, CustomerKey]) -> Sequence[Event]:
    """The events, those of aliases as events of their roots."""
    if not roots:
        return events
    return [
        event if event.customer_id is None else about(event, roots.get(event.customer, event.customer))
        for event in events
    ]


async def hold_merges(connection: WorkerConnection, keys: Collection[CustomerKey]) -> Roots:
    """The roots of those that are aliases, for a group that locks rows of its own: no merge until the transaction ends.

    Two statements, because the second has to see what was committed while the first one waited.
    """
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", _MERGES)
    return await roots_of(connection, keys)


def _segments(events: Sequence[Event]) -> Iterator[tuple[list[Event], list[Event]]]:
    """Merges and splits, and the events to apply behind them.

    The order of merges and acts has no influence on the state. That of a split has: what stands before it is the
    root's, so each begins a segment.
    """
    identities: list[Event] = []
    rest: list[Event] = []
    for event in events:
        if event.type == SPLIT and (identities or rest):
            yield identities, rest
            identities, rest = [], []
        (identities if event.type in IDENTITY_TYPES else rest).append(event)
    yield identities, rest


async def merge_customers(
    identities: Sequence[Event],
    merge: Merge,
    connection: WorkerConnection,
    now: datetime,
    roots: Roots,
    *,
    excluded: bool = False,
) -> Sequence[Event]:
    """Apply merges and splits of locked customers, and bring ``roots`` up to date.

    ``excluded``: groups that lock rows of their own are kept out until the transaction ends.
    """
    if not identities:
        return ()
    rows = await read_below(connection, {_alias_of(event) for event in identities})
    changes = _newer(identities, rows)
    if not changes:
        return ()
    if excluded:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _MERGES)
    forest = Forest(rows, roots)
    for event in changes:
        alias = _alias_of(event)
        forest.attach(alias, None if event.type == SPLIT else _root_of(event), event.data.version)
    moves = forest.moves()
    await lock_more(connection, {move.root for move in moves} - customers_of(identities) - {*roots.values()})
    await save_aliases(connection, forest.changed())
    for key, root in forest.roots().items():
        if root == key:
            roots.pop(key, None)
        else:
            roots[key] = root
    latest = {_alias_of(event): event for event in changes}
    merged = [Merged(alias, root, _as_of_alias(latest.get(alias, changes[-1]))) for alias, root in moves]
    after_commit(partial(metrics.MERGED.inc, len(merged)))
    return await merge(merged, connection, now) if merged else ()


def _newer(identities: Sequence[Event], rows: Mapping[CustomerKey, AliasRow]) -> list[Event]:
    """The events that change who is whom, in the order of their versions."""
    versions = {key: row.version for key, row in rows.items()}
    newer: list[Event] = []
    for event in sorted(identities, key=_version):
        alias, version = _alias_of(event), event.data.version
        stored = versions.get(alias, 0)
        # Between the stored version and a later one lie acts that are not the later root's.
        if version > stored and (event.customer == alias or version == stored + 1):
            versions[alias] = version
            newer.append(event)
    return newer


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
