"""What accepted events say of their customers: folded into profiles, published where a part of them changed."""

from collections.abc import Sequence
from datetime import datetime

from ingest.domain.candidates import Candidate
from ingest.domain.profile import Profile, contact_snapshot, customer_snapshot, fold
from ingest.hallway.rows.profiles import Known, load_profiles, save_profiles
from mandegar.customers.locking import lock_customers
from mandegar.database import Connection
from mandegar.events import CustomerKey, Event, follow_up


async def publish_changes(
    connection: Connection, fresh: Sequence[Candidate], now: datetime, partitions: int
) -> list[Event]:
    """Fold every patch into its customer's profile; the snapshots of those whose addresses or attributes changed."""
    told: dict[CustomerKey, list[Candidate]] = {}
    for candidate in fresh:
        if candidate.patch and candidate.event.customer_id is not None:
            told.setdefault(candidate.event.customer, []).append(candidate)
    if not told:
        return []
    await lock_customers(connection, told, partitions)
    known = await load_profiles(connection, sorted(told))
    changed: dict[CustomerKey, Known] = {}
    outgoing: list[Event] = []
    for key in sorted(told):
        before = known[key]
        profile = fold(before.profile, [candidate.patch or {} for candidate in told[key]])
        if profile == before.profile:
            continue
        # The cause is one event of this batch that nobody else can have: an id is accepted once.
        snapshots = _snapshots(before, profile, cause=told[key][-1].event, now=now)
        changed[key] = Known(before.version + bool(snapshots), profile)
        outgoing += snapshots
    await save_profiles(connection, changed)
    return outgoing


def _snapshots(before: Known, profile: Profile, *, cause: Event, now: datetime) -> list[Event]:
    version = before.version + 1
    events = []
    contact = contact_snapshot(profile, version)
    if contact != contact_snapshot(before.profile, version):
        events.append(follow_up("ingest", cause, "contact.updated", contact, now=now))
    customer = customer_snapshot(profile, version)
    if customer != customer_snapshot(before.profile, version):
        events.append(follow_up("ingest", cause, "customer.updated", customer, now=now))
    return events
