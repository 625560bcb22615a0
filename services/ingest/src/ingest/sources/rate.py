"""How much one source may send: a token bucket that is told what time it is."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Holds at most ``burst`` events, filled with ``per_second``; ``at`` is in seconds and never goes back."""

    per_second: float
    burst: float
    at: float
    tokens: float

    def take(self, events: int, now: float) -> float:
        """Take ``events`` out and return 0, or take nothing and return the seconds until that many are there."""
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        wanted = min(float(events), self.burst)
        if self.tokens >= wanted:
            self.tokens -= wanted
            return 0.0
        return (wanted - self.tokens) / self.per_second
