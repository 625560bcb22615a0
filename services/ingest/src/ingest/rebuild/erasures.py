"""Rebuilding who was erased: the fold ends erased, whichever topic is ahead."""

from collections.abc import Mapping
from datetime import datetime

from ingest.domain.profile import Profile
from ingest.domain.stamped import Stamped
from ingest.erasure.erase import ERASE
from ingest.identity.profile_rows import StoredProfile, load_profiles, save_profiles
from mandegar.customers.alias_rows import standings_of
from mandegar.customers.erasing import apply_erasures
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ERASED
from mandegar.stream import beside

# What only a snapshot of the contact says.
_OF_CONTACT = ("email", "phone", "name")


async def apply_erasure(connection: WorkerConnection, event: Event, now: datetime) -> None:
    """Apply an erasure or readmission of a locked customer, whose next snapshots are above those before it.

    A contact from after a readmission stays, if its topic was ahead.
    """
    key = event.customer
    before = (await load_profiles(connection, [key]))[key]
    with beside():
        await apply_erasures([event], ERASE, connection, now, await standings_of(connection, [key]))
    if event.type == ERASED:
        last = event.data.profile_version
        profile = _contact_of(before.profile) if before.version > last else Profile()
        await save_profiles(connection, {CustomerKey(*key): StoredProfile(max(before.version, last), profile)})


def _contact_of(profile: Profile) -> Profile:
    """The part that the latest snapshot of the contact says; locale and zone stand in other snapshots, too."""
    own: Mapping[str, Stamped] = {name: field for name, field in profile.fields.items() if name in _OF_CONTACT}
    stamps = {field[1:] for field in own.values()}
    shared = {name: field for name, field in profile.fields.items() if name in ("locale", "zone")}
    return Profile({**own, **{name: field for name, field in shared.items() if field[1:] in stamps}}, profile.histories)
