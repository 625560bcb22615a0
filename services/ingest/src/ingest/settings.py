"""Settings of ingest, besides those of every service."""

from pydantic import Field

from mandegar.service.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """Limits of the doors of one process, and how topics of sources are created."""

    queued_events_max: int = Field(
        default=20_000, ge=1_000, description="Events that may wait for a group commit; above it requests get 503"
    )
    raw_topic_replicas: int = Field(default=1, ge=1, le=7, description="Replication factor of raw.<source_id> topics")
    accept_seconds: float = Field(
        default=5.0, gt=0, le=30, description="How long a request waits for the database; after it the answer is 503"
    )
    source_events_per_second: float = Field(default=100_000, gt=0, description="Rate limit of a source, per process")
    source_events_burst: float = Field(
        default=200_000, ge=1_000, description="Events that a source may send at once, per process"
    )
