"""The events that say who is whom."""

from datetime import datetime

from ingest.identity.rows import Alias
from mandegar.events import Event
from mandegar.events.derived import Origin, cause_of_merge, derived_event
from mandegar.events.ingest import CustomerMerged, CustomerSplit

Cause = Event | Origin


def merged(change: Alias, cause: Cause, now: datetime, *, erasures: int = 0) -> list[Event]:
    """That the alias is the root, for the partitions of both. ``erasures`` is the root's erasure version."""
    data = CustomerMerged(
        alias=change.alias.customer_id, root=change.root.customer_id, version=change.version, erasures=erasures
    )
    return [
        derived_event(
            "ingest",
            "customer.merged",
            data,
            about=about,
            cause=cause,
            now=now,
            id_from=cause_of_merge(change.alias, change.version),
            index=index,
        )
        for index, about in enumerate((change.alias, change.root))
    ]


def split(change: Alias, now: datetime) -> Event:
    """That the alias is a customer of its own from now on."""
    data = CustomerSplit(alias=change.alias.customer_id, root=change.root.customer_id, version=change.version)
    return derived_event(
        "ingest",
        "customer.split",
        data,
        about=change.alias,
        cause=Origin(),
        now=now,
        id_from=cause_of_merge(change.alias, change.version),
    )
