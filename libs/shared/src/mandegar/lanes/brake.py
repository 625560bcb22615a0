"""The dead-letter brake: stops a subscription that refuses most of what it reads, before it has emptied its topic.

A few bad records are their own affair. When most of many are refused it is not the records that are bad: the batch is
rolled back, nothing more is read, and somebody has to look.
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
    """The brake falls when more than ``share`` of at least ``records`` were refused within ``seconds``."""

    records: int = 500
    share: float = 0.5
    seconds: float = 600.0


DEFAULT = Limits()


class Braked(RuntimeError):
    """This batch must not commit: too much of it, and of those before it, would become dead letters."""


class _Batch(NamedTuple):
    at: float
    handled: int
    refused: int


@dataclass(slots=True)
class Brake:
    """The brake of one consumer group; ``engaged`` says why it has fallen. A restart of the process lifts it."""

    group: str
    limits: Limits = DEFAULT
    engaged: str | None = None
    _recent: deque[_Batch] = field(default_factory=deque)
    _lifted_until: float = 0.0

    def weigh(self, letters: Sequence[DeadLetter], applied: int) -> None:
        """Take a batch into account before it commits; raises ``Braked`` if it must not."""
        now = monotonic_seconds()
        while self._recent and now - self._recent[0].at > self.limits.seconds:
            self._recent.popleft()
        self._recent.append(_Batch(now, applied + len(letters), len(letters)))
        handled = sum(batch.handled for batch in self._recent)
        refused = sum(batch.refused for batch in self._recent)
        if (
            not letters
            or now < self._lifted_until
            or handled < self.limits.records
            or refused <= handled * self.limits.share
        ):
            return
        (code, _), *_ = Counter(letter.code for letter in letters).most_common(1)
        self.engaged = (
            f"stopped by the dead-letter brake: {refused} of {handled} records were refused, the last ones mostly as "
            f"{code}. Deploy what can apply them, or release the brake"
        )
        metrics.BRAKE.labels(self.group).set(1)
        log.error("dead_letter_brake", group=self.group, refused=refused, handled=handled, code=code)
        raise Braked(self.engaged)

    def release(self) -> None:
        """Go on, and let whatever cannot be applied become dead letters for as long as one window lasts."""
        self.engaged = None
        self._recent.clear()
        self._lifted_until = monotonic_seconds() + self.limits.seconds
        metrics.BRAKE.labels(self.group).set(0)
        log.warning("dead_letter_brake_released", group=self.group)
