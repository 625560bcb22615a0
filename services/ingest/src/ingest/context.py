"""What the parts of an ingest process share beyond what those of every service do."""

from dataclasses import dataclass, field, fields
from typing import Annotated

from fastapi import Depends

from ingest.domain.sources import Source
from ingest.hallway.group_commit import GroupCommit
from ingest.settings import IngestSettings
from ingest.sources.keys import KeyRing
from ingest.sources.rate import Bucket
from mandegar.clock import monotonic_seconds
from mandegar.service.context import Context
from mandegar.web.dependencies import context


@dataclass(slots=True)
class Doors:
    """Keys, group commit and the buckets that limit each source."""

    keys: KeyRing
    commits: GroupCommit
    per_second: float
    burst: float
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def wait_for(self, source: Source, events: int) -> float:
        """Seconds until ``source`` may send ``events``; 0 if it may now, and then they count."""
        now = monotonic_seconds()
        bucket = self.buckets.get(source.id)
        if bucket is None:
            bucket = self.buckets[source.id] = Bucket(self.per_second, self.burst, now, self.burst)
        return bucket.take(events, now)


@dataclass(frozen=True, kw_only=True)
class IngestContext(Context[IngestSettings]):
    """``doors`` are the keys, rate limits and group commit that all requests share."""

    doors: Doors


def with_doors(common: Context[IngestSettings]) -> IngestContext:
    """The context of an ingest process, its doors open."""
    shared = {one.name: getattr(common, one.name) for one in fields(common)}
    return IngestContext(**shared, doors=open_doors(common))


def open_doors(common: Context[IngestSettings]) -> Doors:
    """The doors of a process."""
    settings = common.settings
    commits = GroupCommit(
        common.worker,
        common.clock.now,
        partitions=settings.partitions,
        events_max=settings.queued_events_max,
        patience_seconds=settings.accept_seconds,
        on_committed=common.wake_relay,
    )
    return Doors(KeyRing(common.worker), commits, settings.source_events_per_second, settings.source_events_burst)


IngestCtx = Annotated[IngestContext, Depends(context)]
