"""What ingest is told by its environment beyond what every service is."""

from pydantic import Field

from mandegar.service.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """Limits of the doors of one process, and how the topics of sources are made."""

    queued_events_max: int = Field(default=20_000, ge=1_000, description="Events that may wait for a group commit")
    raw_topic_replicas: int = Field(default=1, ge=1, le=7, description="Brokers that keep a copy of raw.<source>")
    accept_seconds: float = Field(default=5.0, gt=0, le=30, description="How long a request waits for the database")
    source_events_per_second: float = Field(default=100_000, gt=0, description="What one source may send")
    source_events_burst: float = Field(default=200_000, ge=1_000, description="What one source may send at once")
