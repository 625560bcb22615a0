"""Customer profiles: each event's patch is folded into them, and a snapshot is published if they changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ingest.domain.candidates import Candidate
from ingest.domain.profile import Profile, contact_snapshot, customer_snapshot, fold
from ingest.hallway.own_consents import note_flags_not_believed
from ingest.identity.identify import receiver_of
from ingest.identity.profile_rows import StoredProfile, load_profiles, save_profiles
from ingest.identity.rows import Receiver
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.contacts import ContactUpdated
from mandegar.events.derived import derived_event
from mandegar.events.ingest import CustomerUpdated


async def publish_changes(
    connection: WorkerConnection,
    new: Sequence[Candidate],
    receivers: Mapping[UUID, Receiver],
    now: datetime,
    partitions: int,
) -> list[Event]:
    """Fold the patches of new events into the profiles of their receivers; the snapshots of the parts that changed.

    A flag of consent that is not believed is noted on its event.
    """
    patched: dict[CustomerKey, list[Candidate]] = {}
    for candidate in new:
        if candidate.patch and candidate.event.customer_id is not None:
            patched.setdefault(receiver_of(candidate.event, receivers), []).append(candidate)
    if not patched:
        return []
    standings = await lock_customers(connection, patched, partitions)
    # Erased at the same moment: by now there is nothing left to change.
    patched = {key: candidates for key, candidates in patched.items() if not standings.is_erased(key)}
    stored = await load_profiles(connection, sorted(patched))
    changed: dict[CustomerKey, StoredProfile] = {}
    profiles: dict[CustomerKey, Profile] = {}
    outgoing: list[Event] = []
    for key in sorted(patched):
        before = stored[key]
        profile = profiles[key] = fold(before.profile, [candidate.patch or {} for candidate in patched[key]])
        if profile == before.profile:
            continue
        # An id is accepted once, so no other batch derives ids from this cause.
        snapshots = _snapshots(key, before, profile, patched[key][-1], now)
        changed[key] = StoredProfile(before.version + bool(snapshots), profile)
        outgoing += snapshots
    await save_profiles(connection, changed)
    flagged = [(key, candidate) for key, some in patched.items() for candidate in some if candidate.flags]
    await note_flags_not_believed(connection, flagged, profiles)
    return outgoing


def _snapshots(
    key: CustomerKey, before: StoredProfile, profile: Profile, last: Candidate, now: datetime
) -> list[Event]:
    declared = last.source.shop.attributes
    version = before.version + 1
    snapshots: list[tuple[str, ContactUpdated | CustomerUpdated]] = []
    contact = contact_snapshot(profile, version)
    if contact != contact_snapshot(before.profile, version):
        snapshots.append(("contact.updated", contact))
    customer = customer_snapshot(profile, version, declared)
    if customer != customer_snapshot(before.profile, version, declared):
        snapshots.append(("customer.updated", customer))
    return [derived_event("ingest", type_, data, about=key, cause=last.event, now=now) for type_, data in snapshots]
