"""The condition of a channel's provider, for readiness and metrics: what its latest answers say about it."""

from datetime import timedelta

from mandegar.clock import monotonic_seconds
from mandegar.telemetry.logging import logger
from notify.channels.channel import NOT_CALLED, Outcome
from notify.domain.consent import ChannelName
from notify.sends import metrics
from notify.sends.reasons import in_words

log = logger(__name__)

# Messages that wait are tried again at least every hour. Later than that nothing is left that could say it is over.
FORGET_SECONDS = timedelta(hours=2).total_seconds()


# A provider may put off a message for its recipient's sake. So many in a row are the provider's own.
PUT_OFF_MAX = 3


class Condition:
    """Begins to fail with the first fault of the provider or of our account, and recovers with the next other answer.

    It degrades the process and does not make it unready: the provider is the same for every replica, and unsubscribing,
    preferences and lanes need none. A release with the right password could not replace one with a wrong one either.
    """

    def __init__(self, channel: ChannelName) -> None:
        self._channel = channel
        self._code: str | None = None
        self._put_off = 0
        self._at = 0.0
        metrics.PROVIDER_FAILING.labels(channel).set(0)

    def note(self, outcome: Outcome) -> None:
        """Note the outcome of a call; one without a call says nothing."""
        if outcome.code in NOT_CALLED:
            return
        metrics.PROVIDER_CALLS.labels(self._channel, outcome.kind).inc()
        if outcome.fault:
            metrics.PROVIDER_FAULTS.labels(self._channel, outcome.fault).inc()
        self._put_off = self._put_off + 1 if outcome.kind == "retry" else 0
        fails = outcome.fault is not None or self._put_off >= PUT_OFF_MAX
        code = (outcome.code or "") if fails else None
        if code is not None and self._code is None:
            log.warning("provider_fails", channel=self._channel, stage=outcome.fault, code=code)
        elif code is None and self._code is not None:
            log.info("provider_recovered", channel=self._channel)
        self._code, self._at = code, monotonic_seconds()
        metrics.PROVIDER_FAILING.labels(self._channel).set(code is not None)

    async def check(self) -> str | None:
        """What the provider's latest fault is, if nothing else came after it."""
        if self._code is not None and monotonic_seconds() - self._at > FORGET_SECONDS:
            self._code = None
            metrics.PROVIDER_FAILING.labels(self._channel).set(0)
        return None if self._code is None else f"{in_words(self._code)} ({self._code}); messages wait"
