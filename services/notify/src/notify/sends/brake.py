"""Brakes tell a fault that most messages share from the trouble of a single one, which is lost alone."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from types import MappingProxyType
from typing import Final, NamedTuple

from mandegar.clock import Clock
from mandegar.telemetry.logging import logger
from notify.channels.channel import NOT_CALLED, Outcome
from notify.domain.consent import ChannelName
from notify.sends import metrics

log = logger(__name__)

# As soon as this many of the latest messages, and more than half of them, have failed
FAILURES = 10
LATEST = 20
# How long messages of a journey wait before the provider is asked again.
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

    @property
    def in_a_row(self) -> int:
        """How many have failed since the latest that has not."""
        return sum(1 for _ in takewhile(bool, reversed(self._failed)))

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


class JourneyOf(NamedTuple):
    """A journey of a shop: its messages have one content, and are refused for it alike."""

    shop: str
    journey: str


class RefusalBrakes:
    """Stops the messages of a journey on one channel for a while when most of them are refused for reasons that may be
    the content's, the shop's or the provider's. So a block in words that nobody knows costs a few messages; the others
    wait. Other journeys of the shop go on: a filter that takes no newsletter may take the news of an order.
    """

    def __init__(self, channel: ChannelName, clock: Clock) -> None:
        self._channel, self._clock = channel, clock
        self._brakes: dict[JourneyOf, Brake] = {}
        self._until: dict[JourneyOf, datetime] = {}
        metrics.SHOPS_STOPPED.labels(channel).set(0)

    def stopped(self) -> Mapping[JourneyOf, datetime]:
        """Forget the waits that are over; returns the journeys whose messages wait still, each until when."""
        now = self._clock.now()
        self._until = {journey: until for journey, until in self._until.items() if until > now}
        metrics.SHOPS_STOPPED.labels(self._channel).set(len({journey.shop for journey in self._until}))
        return MappingProxyType(self._until)

    def before(self, journey: JourneyOf) -> Outcome | None:
        """What a message that was claimed before its journey was stopped comes to without a call; else None."""
        until, now = self._until.get(journey), self._clock.now()
        if until is None or until <= now:
            return None
        return Outcome("retry", REFUSED_FOR_ALL, retry_after=until - now, fault="refusals")

    def after(self, journey: JourneyOf, outcome: Outcome) -> Outcome:
        """Note what a call came to; while most are refused, a message is put off instead.

        The first that is accepted lets the others go, until as many in a row are refused again.
        """
        if outcome.kind not in ("accepted", "refused") or outcome.code in NOT_CALLED:
            return outcome
        brake = self._brakes.setdefault(journey, Brake())
        is_refused = outcome.kind == "refused" and outcome.about_anybody
        changed = brake.note(failed=is_refused)
        if changed:
            self._tell(journey, brake, outcome)
        if not brake.failures:
            del self._brakes[journey]
        if not is_refused:
            self._until.pop(journey, None)
        if not (brake.engaged and is_refused):
            return outcome
        if changed or brake.in_a_row >= FAILURES:
            self._until[journey] = self._clock.now() + STOPPED_FOR
        return replace(outcome, kind="retry", retry_after=STOPPED_FOR, fault="refusals")

    async def check(self) -> str | None:
        """Of how many shops messages wait."""
        shops = len({journey.shop for journey in self.stopped()})
        return f"{shops} shops: most messages of a journey are refused, the others wait" if shops else None

    def _tell(self, journey: JourneyOf, brake: Brake, outcome: Outcome) -> None:
        told = {"shop": journey.shop, "journey": journey.journey, "channel": self._channel}
        if brake.engaged:
            log.error("journey_stopped", **told, code=outcome.code, refused=brake.failures)
        else:
            log.info("journey_goes_on", **told)
