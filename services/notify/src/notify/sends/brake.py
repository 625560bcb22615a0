"""Brakes tell a fault that most messages share from the trouble of a single one, which is lost alone."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from mandegar.clock import Clock
from mandegar.telemetry.logging import logger
from notify.channels.channel import NOT_CALLED, Outcome
from notify.domain.consent import ChannelName
from notify.sends import metrics

log = logger(__name__)

# As soon as this many of the latest messages, and more than half of them, have failed
FAILURES = 10
LATEST = 20
# How long messages of a shop wait before its provider is asked again.
STOPPED_FOR: Final = timedelta(minutes=15)
REFUSED_FOR_ALL: Final = "refused_for_all"


class Brake:
    """Engaged while most of the latest messages have failed."""

    def __init__(self) -> None:
        self._failed: deque[bool] = deque(maxlen=LATEST)
        self.engaged = False

    @property
    def failures(self) -> int:
        """How many of the latest messages have failed."""
        return sum(self._failed)

    def note(self, *, failed: bool) -> bool:
        """Note whether a message has failed; returns whether the brake is engaged now, or not any more, by that."""
        self._failed.append(failed)
        was, self.engaged = self.engaged, self.failures >= FAILURES and 2 * self.failures > len(self._failed)
        return was != self.engaged


class ComposeBrake(Brake):
    """While it is engaged, a message that cannot be composed is put off, not refused.

    So an error of a release costs a few messages, and the others go out under the next one unless they are too late.
    """

    def note_composed(self, error: Exception | None) -> None:
        """Note whether a message could be composed (None) or what was raised instead."""
        if self.note(failed=error is not None):
            if self.engaged:
                log.error("send_brake_engaged", error=type(error).__name__, failed=self.failures)
            else:
                log.info("send_brake_released")
        metrics.NOT_COMPOSED_BRAKE.set(self.engaged)


class RefusalBrakes:
    """Stops the messages of a shop on one channel for a while when most of them are refused for reasons that may be the
    shop's or the provider's. So a block in words that nobody knows costs a few messages; the others wait.
    """

    def __init__(self, channel: ChannelName, clock: Clock) -> None:
        self._channel, self._clock = channel, clock
        self._by_shop: dict[str, Brake] = {}
        self._until: dict[str, datetime] = {}
        metrics.SHOPS_STOPPED.labels(channel).set(0)

    @property
    def stopped(self) -> Mapping[str, datetime]:
        """The shops whose messages wait, each until when."""
        now = self._clock.now()
        return MappingProxyType({shop: until for shop, until in self._until.items() if until > now})

    def before(self, shop: str) -> Outcome | None:
        """What a message that was claimed before its shop was stopped comes to without a call; else None."""
        until = self.stopped.get(shop)
        if until is None:
            return None
        return Outcome("retry", REFUSED_FOR_ALL, retry_after=until - self._clock.now(), fault="refusals")

    def after(self, shop: str, outcome: Outcome) -> Outcome:
        """Note what a call came to; while most are refused, a message is put off instead."""
        is_refused = outcome.kind == "refused" and outcome.about_anybody
        if outcome.kind not in ("accepted", "refused") or outcome.code in NOT_CALLED:
            return outcome
        brake = self._by_shop.get(shop)
        if brake is None:
            if not is_refused:
                return outcome
            brake = self._by_shop[shop] = Brake()
        if brake.note(failed=is_refused):
            self._tell(shop, brake, outcome)
        if brake.engaged and is_refused:
            self._until[shop] = self._clock.now() + STOPPED_FOR
            outcome = replace(outcome, kind="retry", retry_after=STOPPED_FOR, fault="refusals")
        if not brake.engaged:
            self._until.pop(shop, None)
        if not brake.failures:
            del self._by_shop[shop]
        metrics.SHOPS_STOPPED.labels(self._channel).set(len(self._until))
        return outcome

    async def check(self) -> str | None:
        """Of how many shops the messages wait."""
        return f"{len(self._until)} shops: most messages are refused, the others wait" if self._until else None

    def _tell(self, shop: str, brake: Brake, outcome: Outcome) -> None:
        if brake.engaged:
            log.error("shop_stopped", shop=shop, channel=self._channel, code=outcome.code, refused=brake.failures)
        else:
            log.info("shop_goes_on", shop=shop, channel=self._channel)
