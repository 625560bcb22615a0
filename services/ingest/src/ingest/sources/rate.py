"""Rate limits: token buckets in events and in bytes, for each source and for each shop, in each process."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from ingest.domain.sources import Allowance, Source
from ingest.settings import IngestSettings
from mandegar.clock import monotonic_seconds


@dataclass(slots=True)
class Bucket:
    """Holds at most ``burst`` and gains ``per_second``; ``at`` is when ``tokens`` was computed, in seconds."""

    per_second: float
    burst: float
    at: float
    tokens: float

    def wait(self, wanted: float, now: float) -> float:
        """The seconds until ``wanted`` may be taken, 0 if it may be taken now. More than the burst needs a full one."""
        self.tokens = min(self.burst, self.tokens + max(now - self.at, 0.0) * self.per_second)
        self.at = now
        return max(min(wanted, self.burst) - self.tokens, 0.0) / self.per_second

    def spend(self, wanted: float) -> None:
        """Take ``wanted``, for which ``wait`` has just returned 0.

        More than the burst is taken from a full bucket and owed by it, so a large batch passes and is paid for later.
        """
        self.tokens -= wanted

    @property
    def full_in(self) -> int:
        """The seconds after which it holds its burst again."""
        return ceil((self.burst - self.tokens) / self.per_second)


class Limits(NamedTuple):
    """What applies to a source: its own events and bytes, and those of its shop."""

    events: Bucket
    bytes: Bucket
    shop_events: Bucket
    shop_bytes: Bucket


class RateLimits:
    """The buckets of the sources and shops that this process has seen, each full at first."""

    def __init__(self, settings: IngestSettings) -> None:
        self._burst_seconds = settings.rate_burst_seconds
        self._server = Allowance(settings.source_events_per_second, settings.source_bytes_per_second)
        self._browser = Allowance(settings.browser_events_per_second, settings.browser_bytes_per_second)
        self._shop = Allowance(settings.shop_events_per_second, settings.shop_bytes_per_second)
        self._buckets: dict[tuple[str, str], Bucket] = {}
        # By source, as it was read last with its key.
        self._limits: dict[str, tuple[Source, Limits]] = {}

    def wait(self, source: Source, size: int) -> float:
        """Take ``size`` bytes and return 0, or take nothing and return the seconds to wait.

        A source without a single event to spare has to wait too, before its request is read.
        """
        limits, now = self.limits(source), monotonic_seconds()
        seconds = max(
            limits.events.wait(1, now),
            limits.shop_events.wait(1, now),
            limits.bytes.wait(size, now),
            limits.shop_bytes.wait(size, now),
        )
        if not seconds:
            limits.bytes.spend(size)
            limits.shop_bytes.spend(size)
        return seconds

    def take(self, source: Source, events: int) -> float:
        """Take ``events`` and return 0, or take nothing and return the seconds to wait."""
        limits, now = self.limits(source), monotonic_seconds()
        seconds = max(limits.events.wait(events, now), limits.shop_events.wait(events, now))
        if not seconds:
            limits.events.spend(events)
            limits.shop_events.spend(events)
        return seconds

    def limits(self, source: Source) -> Limits:
        """The buckets of the source and its shop, with their present rates."""
        read, limits = self._limits.get(source.id, (None, None))
        if limits is None or read is not source:
            limits = self._present_limits(source)
            self._limits[source.id] = source, limits
        return limits

    def _present_limits(self, source: Source) -> Limits:
        default = self._browser if source.trust == "browser" else self._server
        own, shop = source.allowance, source.shop.allowance
        return Limits(
            self._bucket(source.id, "events", own.events_per_second or default.events_per_second),
            self._bucket(source.id, "bytes", own.bytes_per_second or default.bytes_per_second),
            self._bucket(source.shop.id, "shop events", shop.events_per_second or self._shop.events_per_second),
            self._bucket(source.shop.id, "shop bytes", shop.bytes_per_second or self._shop.bytes_per_second),
        )

    def _bucket(self, name: str, kind: str, per_second: float | None) -> Bucket:
        rate = float(per_second or 1)
        burst = rate * self._burst_seconds
        bucket = self._buckets.get((name, kind))
        if bucket is None:
            bucket = self._buckets[name, kind] = Bucket(rate, burst, monotonic_seconds(), burst)
        elif bucket.per_second != rate:
            bucket.per_second, bucket.burst = rate, burst
        return bucket

    def headers(self, source: Source) -> dict[str, str]:
        """``RateLimit-Policy`` and ``RateLimit``, as draft-ietf-httpapi-ratelimit-headers-10 defines them."""
        limits, window = self.limits(source), ceil(self._burst_seconds)
        events = min(limits.events, limits.shop_events, key=_left)
        size = min(limits.bytes, limits.shop_bytes, key=_left)
        return {
            "RateLimit-Policy": f'"events";q={events.burst:.0f};w={window}, '
            f'"bytes";q={size.burst:.0f};qu="content-bytes";w={window}',
            "RateLimit": f'"events";r={_left(events)};t={events.full_in}, "bytes";r={_left(size)};t={size.full_in}',
        }


def _left(bucket: Bucket) -> int:
    return max(int(bucket.tokens), 0)
