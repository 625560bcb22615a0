"""Rate limit of a source: a token bucket."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Holds at most ``burst`` events and gains ``per_second``; ``at`` is when ``tokens`` was computed, in seconds."""

    per_second: float
    burst: float
    at: float
    tokens: float

    def take(self, events: int, now: float) -> float:
        """Take ``events`` and return 0, or take nothing and return the seconds to wait."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        wanted = min(float(events), self.burst)
        if self.tokens >= wanted:
            self.tokens -= wanted
            return 0.0
        return (wanted - self.tokens) / self.per_second
