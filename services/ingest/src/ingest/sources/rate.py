"""Rate limits of sources: a token bucket each."""

from dataclasses import dataclass

from mandegar.clock import monotonic_seconds


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


class RateLimits:
    """The buckets of the sources that this process has seen, each full at first."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._buckets: dict[str, Bucket] = {}

    def take(self, source_id: str, events: int) -> float:
        """Take ``events`` of a source and return 0, or take nothing and return the seconds to wait."""
        now = monotonic_seconds()
        bucket = self._buckets.get(source_id)
        if bucket is None:
            bucket = self._buckets[source_id] = Bucket(self._per_second, self._burst, now, self._burst)
        return bucket.take(events, now)
