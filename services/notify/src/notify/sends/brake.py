"""The brake of composing: it tells an error of this release, with which most messages fail, from one message's own."""

from collections import deque

from mandegar.telemetry.logging import logger
from notify.sends import metrics

log = logger(__name__)

# As soon as this many of the latest messages, and more than half of them, could not be composed
FAILURES = 10
LATEST = 20


class ComposeBrake:
    """While it is engaged, a message that cannot be composed is put off, not refused.

    So an error of a release costs a few messages, and the others go out under the next one unless they are too late.
    """

    def __init__(self) -> None:
        self._failed: deque[bool] = deque(maxlen=LATEST)
        self.engaged = False

    def note(self, error: Exception | None) -> None:
        """Note whether a message could be composed (None) or what was raised instead."""
        self._failed.append(error is not None)
        failures = sum(self._failed)
        engaged = failures >= FAILURES and 2 * failures > len(self._failed)
        if engaged and not self.engaged:
            log.error("send_brake_engaged", error=type(error).__name__, failed=failures, latest=len(self._failed))
        elif self.engaged and not engaged:
            log.info("send_brake_released")
        self.engaged = engaged
        metrics.NOT_COMPOSED_BRAKE.set(engaged)
