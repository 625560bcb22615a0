"""Makes customers aliases of others: what says so is applied before the other events of a batch, which go to the roots.

An alias keeps its row, with the version of its latest merge or split. So both partitions may hear of a merge in any
order, twice, or late: what is not above the stored version changes nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import structs

from mandegar.customers.locking import root_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import IDENTITY_TYPES
from mandegar.stream import Merge, Merged, Subscription

Roots = dict[CustomerKey, CustomerKey]
MERGED, SPLIT = "customer.merged", "customer.split"
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
        outgoing += await merge_customers(identities, subscription.merge, connection, now, roots)
        if rest:
            outgoing += await subscription.apply(routed(rest, roots), connection, now)
    return outgoing


def owner_of(event: Event, roots: Mapping[CustomerKey, CustomerKey]) -> CustomerKey | None:
    """The customer whose state ``event`` changes: the root, also of one that says who is whom. None for a shop."""
    if event.customer_id is None:
        return None
    key = event.customer if event.type != MERGED else CustomerKey(event.shop, event.data.root)
    return roots.get(key, key)


def about(event: Event, customer: CustomerKey) -> Event:
    """The event as one of ``customer``."""
    if event.customer == customer:
        return event
    return structs.replace(event, customer_id=customer.customer_id, alias=event.customer_id)


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
    ordered = sorted(keys)
    rows = await connection.fetch(
        """
        SELECT c.shop, c.customer_id, c.merged_into
        FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        WHERE c.merged_into IS NOT NULL
        """,
        [key.shop for key in ordered],
        [key.customer_id for key in ordered],
    )
    return {CustomerKey(shop, alias): CustomerKey(shop, root) for shop, alias, root in rows}


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
    identities: Sequence[Event], merge: Merge, connection: WorkerConnection, now: datetime, roots: Roots
) -> Sequence[Event]:
    """Apply merges and splits of locked customers, and bring ``roots`` up to date."""
    changes = await _newer(connection, identities)
    merged: dict[CustomerKey, Event] = {}
    for event in changes:
        alias, root = CustomerKey(event.shop, event.data.alias), CustomerKey(event.shop, event.data.root)
        if event.type == SPLIT:
            roots.pop(alias, None)
        elif root_of(root, roots) != alias:
            roots[alias] = root
            merged[alias] = event
    for alias in list(roots):
        roots[alias] = root_of(alias, roots)
    if not changes:
        return ()
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _MERGES)
    await _store(connection, changes, roots)
    return await merge([Merged(alias, roots[alias], event) for alias, event in merged.items()], connection, now)


async def _newer(connection: WorkerConnection, identities: Sequence[Event]) -> list[Event]:
    """The events above the stored versions of their aliases, in the order of their versions."""
    aliases = {CustomerKey(event.shop, event.data.alias) for event in identities}
    if not aliases:
        return []
    rows = await connection.fetch(
        """
        SELECT c.shop, c.customer_id, c.merge_version
        FROM customers c JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        """,
        [alias.shop for alias in aliases],
        [alias.customer_id for alias in aliases],
    )
    versions = {CustomerKey(row["shop"], row["customer_id"]): row["merge_version"] or 0 for row in rows}
    newer: list[Event] = []
    for event in sorted(identities, key=lambda event: event.data.version):
        alias = CustomerKey(event.shop, event.data.alias)
        if event.data.version > versions.get(alias, 0):
            versions[alias] = event.data.version
            newer.append(event)
    return newer


async def _store(connection: WorkerConnection, changes: Sequence[Event], roots: Roots) -> None:
    """Note the roots and versions of the changed aliases, and the new roots of those who led to them before."""
    versions = {CustomerKey(event.shop, event.data.alias): event.data.version for event in changes}
    ordered = sorted(versions)
    columns = (
        [key.shop for key in ordered],
        [key.customer_id for key in ordered],
        [roots[key].customer_id if key in roots else None for key in ordered],
    )
    await connection.execute(
        """
        UPDATE customers c SET merged_into = w.root, merge_version = w.version,
            due_at = CASE WHEN w.root IS NULL THEN c.due_at END
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS w(shop, customer_id, root, version)
        WHERE c.shop = w.shop AND c.customer_id = w.customer_id
        """,
        *columns,
        [versions[key] for key in ordered],
    )
    await connection.execute(
        """
        UPDATE customers c SET merged_into = w.root
        FROM unnest($1::text[], $2::text[], $3::text[]) AS w(shop, customer_id, root)
        WHERE c.shop = w.shop AND c.merged_into = w.customer_id AND w.root IS NOT NULL
        """,
        *columns,
    )
