"""The background task that delivers, one worker per channel.

A worker claims, calls the provider once per claimed send, records, and releases what is left. Channels share nothing
but the database, so none waits for another's provider.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mandegar.clock import monotonic_seconds
from mandegar.database import is_transient, retry_transient, transaction
from mandegar.failpoints import reach
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.service.health import Check
from mandegar.telemetry.logging import logger
from notify.channels.channel import Channel, Outcome, Outgoing
from notify.channels.providers import providers_of
from notify.domain.consent import ChannelName
from notify.rendering.mime import NotAnAddress
from notify.sends import metrics
from notify.sends.attempt_rows import Result, release
from notify.sends.brake import ComposeBrake, JourneyOf, RefusalBrakes
from notify.sends.call import hand_over
from notify.sends.claim import Claim, claim, terms_of
from notify.sends.compose import compose
from notify.sends.condition import Condition
from notify.sends.failpoints import DeliveryFailpoint
from notify.sends.record import result_of, write_result
from notify.sends.unknowns import look_up_unknowns, settle_lost_workers
from notify.settings import NotifySettings

log = logger(__name__)

IDLE_SECONDS = 0.5
# a third of the lease each to begin, to call, and to record
BEGIN_WITHIN = 1 / 3


class Delivery:
    """The delivery of one process on all channels; any number of processes may deliver."""

    def __init__(self, context: Context[NotifySettings]) -> None:
        self._channels, brake = providers_of(context.settings), ComposeBrake()
        self.workers = {name: ChannelWorker(context, name, channel, brake) for name, channel in self._channels.items()}

    @property
    def checks(self) -> Mapping[str, Check]:
        """Whether the provider of each channel takes messages, and those of every shop."""
        return {
            **{f"{name} provider": worker.condition.check for name, worker in self.workers.items()},
            **{f"{name} refusals": worker.refusals.check for name, worker in self.workers.items()},
        }

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for name, worker in self.workers.items():
                    group.create_task(every(IDLE_SECONDS, worker.round, name=f"delivery {name}"))
        finally:
            for channel in self._channels.values():
                await channel.close()


class ChannelWorker:
    """Delivers on one channel for all shops. ``brake`` is the process's."""

    def __init__(
        self, context: Context[NotifySettings], name: ChannelName, channel: Channel, brake: ComposeBrake
    ) -> None:
        self._context, self._settings, self._name, self._channel = context, context.settings, name, channel
        self._terms = terms_of(context.settings)
        self._brake = brake
        self.condition = Condition(name)
        self.refusals = RefusalBrakes(name, context.clock)

    async def round(self) -> int:
        """Expire leases, look up unknown sends, then claim and deliver one batch; returns how many sends it touched."""
        pool, clock = self._context.worker, self._context.clock
        lost = await settle_lost_workers(pool, clock)
        asked = await look_up_unknowns(pool, clock, {self._name: self._channel})
        began = monotonic_seconds()
        async with transaction(pool) as connection:
            terms = replace(self._terms, stopped=self.refusals.stopped())
            claims, decided = await claim(connection, terms, self._name, clock.now())
            if claims:
                reach(DeliveryFailpoint.BEFORE_CLAIM_COMMIT)
        if claims:
            reach(DeliveryFailpoint.AFTER_CLAIM)
            await self._deliver(claims, began)
        if lost or asked or decided:
            self._context.wake_relay()
        return lost + asked + decided

    async def _deliver(self, claims: Sequence[Claim], began: float) -> None:
        waiting, begin_until = deque(claims), began + self._settings.delivery_lease_seconds * BEGIN_WITHIN

        async def work() -> None:
            while waiting and monotonic_seconds() < begin_until:
                await self._deliver_one(waiting.popleft())

        workers = asyncio.gather(*(work() for _ in range(self._settings.delivery_concurrency)))
        try:
            await asyncio.shield(workers)
        except asyncio.CancelledError:
            left = [*waiting]
            waiting.clear()
            await self._release(left)
            await workers  # what was begun is finished and recorded
            raise
        await self._release(waiting)

    async def _deliver_one(self, claimed: Claim) -> None:
        send = claimed.send
        journey = JourneyOf(send.shop, send.journey)
        message = self.refusals.before(journey) or self._compose(claimed)
        if isinstance(message, Outcome):
            outcome = message
        else:
            outcome = await hand_over(self._channel, message)
            self.condition.note(outcome)
            outcome = self.refusals.after(journey, outcome)
            reach(DeliveryFailpoint.AFTER_CALL)
        done_at = self._context.clock.now()
        await self._record(result_of(send.send_id, claimed.attempt, outcome, send.no_later_than, done_at))
        reach(DeliveryFailpoint.AFTER_RECORD)

    def _compose(self, claimed: Claim) -> Outgoing | Outcome:
        try:
            message = compose(claimed, self._settings, self._context.clock.now())
        except NotAnAddress as error:
            return Outcome("refused", error.code)
        except Exception as error:  # noqa: BLE001  one send fails alone
            # without text and traceback: they may quote an address
            log.error("message_not_rendered", send_id=str(claimed.send.send_id), error=type(error).__name__)  # noqa: TRY400
            metrics.SENDS_FAILED.labels("compose", type(error).__name__).inc()
            self._brake.note_composed(error)
            return Outcome("retry" if self._brake.engaged else "refused", "not_rendered")
        self._brake.note_composed(None)
        return message

    async def _record(self, result: Result) -> None:
        try:
            recorded = await self._write(result)
        except Exception as error:
            if not is_transient(error):
                raise
            # the lease expires and the send becomes unknown: the provider is not called again blindly
            log.exception("answer_not_recorded", send_id=str(result.send_id), state=result.state)
        else:
            if not recorded:
                log.warning("answer_came_too_late", send_id=str(result.send_id), state=result.state)

    @retry_transient(first_seconds=0.2, max_seconds=6.0, attempts=7)
    async def _write(self, result: Result) -> bool:
        return await write_result(self._context.worker, result, "sending", self._context.clock.now())

    async def _release(self, claims: Sequence[Claim] | deque[Claim]) -> None:
        if claims:
            async with transaction(self._context.worker) as connection:
                await release(connection, [(claimed.send.send_id, claimed.attempt) for claimed in claims])
