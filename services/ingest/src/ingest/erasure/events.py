"""What is published of an erasure, and of a readmission: under the key of every id of the person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ingest.erasure.person_rows import Identity
from mandegar.events import Event
from mandegar.events.contacts import ContactErased
from mandegar.events.derived import Origin, derived_event, erasure_event_id
from mandegar.events.ingest import CustomerErased, CustomerReadmitted
from mandegar.events.registry import ERASED, READMITTED, TOMBSTONE


def erased(
    identities: Sequence[Identity], erasure_id: UUID, version: int, *, keep_books: bool, now: datetime
) -> list[Event]:
    """That the person is erased, and a tombstone for each of their contacts."""
    events: list[Event] = []
    for each in identities:
        data = CustomerErased(
            erasure_id=erasure_id,
            version=version,
            ids=len(identities),
            keep_books=keep_books,
            profile_version=each.profile_version,
        )
        id_ = erasure_event_id(each.key, version)
        events.append(derived_event("ingest", ERASED, data, about=each.key, cause=Origin(), now=now, id_from=id_))
        id_ = erasure_event_id(each.key, version, TOMBSTONE)
        events.append(
            derived_event("ingest", TOMBSTONE, ContactErased(), about=each.key, cause=Origin(), now=now, id_from=id_)
        )
    return events


def readmitted(identities: Sequence[Identity], erasure_id: UUID, version: int, now: datetime) -> list[Event]:
    """That what comes of the person from now on counts again."""
    data = CustomerReadmitted(erasure_id=erasure_id, version=version)
    return [
        derived_event(
            "ingest",
            READMITTED,
            data,
            about=each.key,
            cause=Origin(),
            now=now,
            id_from=erasure_event_id(each.key, version, READMITTED),
        )
        for each in identities
    ]
