"""The dead-letter brake, a circuit breaker: stops a consumer group when most of its records become dead letters.

A few bad records become dead letters. If most of many records are refused, the fault is probably in the service: the
batch is rolled back and the group reads nothing until an operator releases the brake or deploys a corrected version.
"""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mandegar.clock import monotonic_seconds
from mandegar.lanes.deadletters import DeadLetter
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)


class Limits(NamedTuple):
    """The brake engages when more than ``share`` of at least ``records`` were refused within ``seconds``."""

    records: int = 500
    share: float = 0.5
    seconds: float = 600.0


DEFAULT = Limits()


class Braked(RuntimeError):
    """The batch is rolled back, because the share of dead letters is above the limit."""


class _Batch(NamedTuple):
    at: float
    handled: int
    refused: int


@dataclass(slots=True)
class Brake:
    """The brake of one consumer group. ``engaged`` is the reason, or None. A restart of the process releases it."""

    group: str
    limits: Limits = DEFAULT
    engaged: str | None = None
    _recent: deque[_Batch] = field(default_factory=deque)
    _released_until: float = 0.0

    def weigh(self, letters: Sequence[DeadLetter], applied: int) -> None:
        """Add a batch to the window before it commits; raises ``Braked`` if it must be rolled back."""
        now = monotonic_seconds()
        while self._recent and now - self._recent[0].at > self.limits.seconds:
            self._recent.popleft()
        self._recent.append(_Batch(now, applied + len(letters), len(letters)))
        handled = sum(batch.handled for batch in self._recent)
        refused = sum(batch.refused for batch in self._recent)
        if (
            not letters
            or now < self._released_until
            or handled < self.limits.records
            or refused <= handled * self.limits.share
        ):
            return
        (code, _), *_ = Counter(letter.code for letter in letters).most_common(1)
        self.engaged = (
            f"stopped by the dead-letter brake: {refused} of {handled} records were refused, the last ones mostly with "
            f"the code {code}. Deploy a version that can apply them, or release the brake"
        )
        metrics.BRAKE.labels(self.group).set(1)
        log.error("dead_letter_brake", group=self.group, refused=refused, handled=handled, code=code)
        raise Braked(self.engaged)

    def release(self) -> None:
        """Resume the group; for one window, records that cannot be applied become dead letters without a limit."""
        self.engaged = None
        self._recent.clear()
        self._released_until = monotonic_seconds() + self.limits.seconds
        metrics.BRAKE.labels(self.group).set(0)
        log.warning("dead_letter_brake_released", group=self.group)
