"""What the doors of one process share: keys, rate limits and group commit."""

from dataclasses import dataclass, field

from ingest.domain.sources import Source
from ingest.hallway.group_commit import GroupCommit
from ingest.settings import IngestSettings
from ingest.sources.keys import KeyRing
from ingest.sources.rate import Bucket
from mandegar.clock import monotonic_seconds
from mandegar.service.context import Context


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


def open_doors(context: Context[IngestSettings]) -> Doors:
    """The doors of a process."""
    settings = context.settings
    commits = GroupCommit(
        context.worker,
        context.clock.now,
        partitions=settings.partitions,
        events_max=settings.queued_events_max,
        patience_seconds=settings.accept_seconds,
        on_committed=context.wake_relay,
    )
    return Doors(KeyRing(context.worker), commits, settings.source_events_per_second, settings.source_events_burst)
