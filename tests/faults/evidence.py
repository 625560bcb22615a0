"""What a run leaves behind for its checkers: where the journals lie and how the stack's parts are reached."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Evidence:
    """One run, after its faults were healed and the stack came to rest.

    ``journal`` has a line per step of a request:
    ``{"at": unix, "request": n, "kind": "invoke|ok|fail|unknown", "status": http or null,
    "events": [{"id", "type", "customer", "valid"}], "results": [{"id", "status", "code"}] or null}``.
    """

    seed: int
    journal: Path
    databases: dict[str, str]
    """Superuser's URL of each service's database. ``fault_offsets(at, consumer_group, topic, partition, old, new)``
    in each holds every move of an offset."""
    kafka_bootstrap: str
    """The broker itself, never a proxy in front of it."""
    topic_prefix: str
    calls: Path
    """A line per call of a provider: ``{"at", "channel", "send_id", "outcome"}``."""
    services: dict[str, str]
    """Base URL of each service."""
    samples: Path
    """A line per second and process: ``{"at", "process", "rss_mb", "fds", "ready", "live"}``."""
    timeline: Path
    """A line per beginning and end of a fault: ``{"at", "what", "target", "state": "begin|end"}``."""
    reads: Path
    """A line per read of a front end: ``{"at", "reader", "shop", "customer", "route", "asked", "kind", "status",
    "retry_after", "body"}``; ``kind`` is ``answer``, or how it ended without one."""
    token: str
    """A token for the shop of the run, with every scope."""
    healed_at: float
    quiet_at: float
