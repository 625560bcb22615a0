"""The events that say who is whom."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ingest.identity.rows import Alias
from mandegar.customers.standings import Standing
from mandegar.events import CustomerKey, Event
from mandegar.events.derived import Origin, cause_of_merge, derived_event
from mandegar.events.ingest import CustomerMerged, CustomerSplit, LatestErasure
from mandegar.events.registry import MERGED, SPLIT

Cause = Event | Origin


class Erasures(NamedTuple):
    """Who of those who merge was erased and readmitted before, and with which erasures the latest time."""

    standings: Mapping[CustomerKey, Standing]
    latest: Mapping[CustomerKey, LatestErasure]

    def version(self, key: CustomerKey) -> int:
        """The version of the customer's latest erasure or readmission; 0 if there was none."""
        return self.standings[key].version if key in self.standings else 0


def merged(change: Alias, cause: Cause, now: datetime, erasures: Erasures) -> list[Event]:
    """That the alias is the root, for the partitions of both, each of which is told what was erased in the other."""
    data = CustomerMerged(
        alias=change.alias.customer_id,
        root=change.root.customer_id,
        version=change.version,
        erasures=erasures.version(change.root),
        alias_erasures=erasures.version(change.alias),
        root_erasure=erasures.latest.get(change.root),
    )
    return [
        derived_event(
            "ingest",
            MERGED,
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
        SPLIT,
        data,
        about=change.alias,
        cause=Origin(),
        now=now,
        id_from=cause_of_merge(change.alias, change.version),
    )
