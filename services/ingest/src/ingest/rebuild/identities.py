"""Rebuilding who is who: aliases from the merges and splits on the topic, addresses of accounts from their profiles.

Who used a browser after its first customer is on no topic: it is lost until they are identified again.
"""

from collections.abc import Container, Iterator, Sequence
from datetime import UTC, datetime

from ingest.domain.links import guest_of
from ingest.domain.order_owner import ACCOUNT, rank
from ingest.domain.profile import Profile
from ingest.identity.profile_rows import load_profiles, save_profiles
from ingest.identity.rows import LinkRow, list_addresses, save_addresses
from mandegar.customers.alias_rows import standings_of
from mandegar.customers.merging import customers_of, merge_customers
from mandegar.customers.standings import Standings
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import IDENTITY_TYPES
from mandegar.stream import Merged

PAGE = 1_000
# Since when an account has an address makes no difference.
EPOCH = datetime.fromtimestamp(0, UTC)


def until(types: Container[str], events: Sequence[Event]) -> Iterator[tuple[list[Event], Event | None]]:
    """The events in parts, each with the event of ``types`` behind it."""
    part: list[Event] = []
    for event in events:
        if event.type in types:
            yield part, event
            part = []
        else:
            part.append(event)
    yield part, None


async def apply_identities(
    connection: WorkerConnection, events: Sequence[Event], now: datetime, standings: Standings
) -> None:
    """Apply merges and splits, whose customers are locked, and bring ``standings`` up to date."""
    identities = [event for event in events if event.type in IDENTITY_TYPES]
    if identities:
        await merge_customers(identities, _clear, connection, now, standings)


async def load_standings(connection: WorkerConnection, events: Sequence[Event]) -> Standings:
    """Who is erased or an alias of the customers whom the events are about."""
    keys = customers_of(events) | {CustomerKey(event.shop, event.alias) for event in events if event.alias}
    return await standings_of(connection, keys)


async def _clear(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Empty the profiles of new aliases: the snapshots that were published with the merge are their roots'."""
    profiles = await load_profiles(connection, [each.alias for each in merged])
    await save_profiles(connection, {key: stored._replace(profile=Profile()) for key, stored in profiles.items()})
    return ()


async def find_addresses(connection: WorkerConnection, after: CustomerKey, key: bytes) -> CustomerKey | None:
    """Store which guests have the addresses of accounts: of the next ones behind ``after``.

    Returns the last of them, None at the end.
    """
    rows = await list_addresses(connection, after, PAGE)
    links = [
        LinkRow(row["shop"], guest_of(address, row["shop"], key), row["customer_id"], "address", EPOCH)
        for row in rows
        if rank(row["customer_id"]) == ACCOUNT
        for address in (row["email"], row["phone"])
        if address
    ]
    await save_addresses(connection, links)
    return CustomerKey(rows[-1]["shop"], rows[-1]["customer_id"]) if len(rows) == PAGE else None
