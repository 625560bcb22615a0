"""Settings of ingest, besides those of every service."""

from pydantic import Field, field_validator

from ingest.domain.senders import domain_set, name_servers
from mandegar.service.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """Limits of the doors of one process, and how topics of sources are created."""

    verified_domains: str = Field(
        default="",
        description="Domains, separated by commas, from which every shop may send mail without a record of its own",
    )
    dns_servers: str = Field(
        default="",
        description="Servers, as address or address:port and separated by commas, that are asked for the records of "
        "sender domains; empty: those of the machine",
    )
    queued_events_max: int = Field(
        default=20_000,
        ge=4_000,
        description="Events that may be read or wait for a group commit, each counted once for every 4 KiB of its "
        "request; a shop may hold twice what is free, above it its requests get 503",
    )
    quarantine_events_max: int = Field(
        default=10_000, ge=0, description="Open events in quarantine that a shop may have, unless it has a limit"
    )
    quarantine_bytes_max: int = Field(
        default=64 * 1024 * 1024, ge=0, le=2**31 - 1, description="Bytes that they may have, likewise"
    )
    quarantine_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Days for which an event stays in quarantine, unless its shop has others",
    )
    browser_body_days: int = Field(
        default=7,
        ge=1,
        le=3650,
        description="Days for which bodies of browser sources' events are kept, unless their shop has `body_days`",
    )
    raw_topic_replicas: int = Field(default=1, ge=1, le=7, description="Replication factor of raw.<source_id> topics")
    accept_seconds: float = Field(
        default=1.5, gt=0, le=30, description="How long events wait for the database; after it the answer is 503"
    )
    source_events_per_second: float = Field(
        default=2_000,
        gt=0,
        description="Events a second of a server source in a process, unless it has a limit of its own",
    )
    source_bytes_per_second: float = Field(
        default=2 * 1024 * 1024, gt=0, description="Bytes a second of a server source in a process, likewise"
    )
    browser_events_per_second: float = Field(
        default=20,
        gt=0,
        description="Events a second of a browser source in a process, unless it has its own",
    )
    browser_bytes_per_second: float = Field(
        default=64 * 1024, gt=0, description="Bytes a second of a browser source in a process, likewise"
    )
    shop_events_per_second: float = Field(
        default=4_000,
        gt=0,
        description="Events a second of all sources of a shop in a process, unless it has a limit",
    )
    shop_bytes_per_second: float = Field(
        default=4 * 1024 * 1024, gt=0, description="Bytes a second of all sources of a shop in a process, likewise"
    )
    rate_burst_seconds: float = Field(
        default=10, ge=1, le=3600, description="How many seconds of its rate a source or shop may send at once"
    )

    @field_validator("verified_domains")
    @classmethod
    def readable_domains(cls, text: str) -> str:
        """Refuse what is no domain, at start-up."""
        domain_set(text)
        return text

    @field_validator("dns_servers")
    @classmethod
    def readable_servers(cls, text: str) -> str:
        """Refuse what is no address of a server, at start-up."""
        name_servers(text)
        return text
