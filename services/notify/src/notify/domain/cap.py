"""The cap: the most marketing messages that one customer gets, over all channels and journeys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``messages`` in any rolling ``days``. Zero allows none."""

    messages: int
    days: int

    def __post_init__(self) -> None:
        if self.messages < 0 or self.days < 1:
            raise ValueError("a cap is at least 0 messages in at least 1 day")


def is_reached(cap: Cap | None, sent: Iterable[datetime], now: datetime) -> bool:
    """Whether a message at ``now`` would exceed the cap; ``sent`` are the instants of those that may have arrived."""
    if cap is None:
        return False
    since = now - timedelta(days=cap.days)
    return sum(1 for instant in sent if instant > since) >= cap.messages
