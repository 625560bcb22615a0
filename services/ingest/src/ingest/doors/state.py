"""What the doors of one process share: made once by ``prepare``, found again through the context."""

from dataclasses import dataclass, field
from typing import cast

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


async def prepare(context: Context) -> None:
    """Make the doors of this process."""
    settings = settings_of(context)
    commits = GroupCommit(
        context.worker,
        context.clock.now,
        partitions=settings.partitions,
        events_max=settings.queued_events_max,
        patience_seconds=settings.accept_seconds,
        on_committed=lambda: context.wake_relay(),
    )
    context.state.doors = Doors(
        KeyRing(context.worker), commits, settings.source_events_per_second, settings.source_events_burst
    )


def settings_of(context: Context) -> IngestSettings:
    """The settings of this process in their own type."""
    assert isinstance(context.settings, IngestSettings)  # noqa: S101  main.py says so
    return context.settings


def doors_of(context: Context) -> Doors:
    """The doors that ``prepare`` made."""
    return cast("Doors", context.state.doors)
