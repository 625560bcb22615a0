"""Events that start journeys, and those that end them: sends are written down, and withheld when needless."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import on
from notify.domain.journey import TRIGGERS, Journey, deadline_of, in_force, send_id
from notify.journeys.rows import hold_journeys, load_journeys, load_versions
from notify.sends.events import decided_events
from notify.sends.merge_rows import BandsOver, end_bands
from notify.sends.moves import MOVES, moves_of
from notify.sends.moves_rows import end_moved
from notify.sends.rows import Send, insert_sends, load_waiting_since_purchase, load_waiting_without_purchase, withdraw

# Sends are claimed by this instant: what a customer waits for at a till comes before all that is due already.
BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)


async def start_journeys(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Write a send for each journey that each event starts; the events of those that are withheld right away."""
    shops, recorded = {event.shop for event in events}, [event.recorded_time for event in events]
    await hold_journeys(connection, shops)
    journeys = await load_journeys(connection, shops, min(recorded), max(recorded))
    started: dict[bool, list[Send]] = {False: [], True: []}
    for event in events:
        data = msgspec.structs.asdict(event.data)
        started[event.backfill] += [
            _started(journey, event, data, now)
            for journey in in_force(journeys[event.shop], event.recorded_time)
            if journey.starts(event.type, data)
        ]
    withheld: list[Event] = []
    for backfill, sends in started.items():
        if sends:
            withheld += decided_events(await insert_sends(connection, sends), now, backfill=backfill)
    return withheld


async def withdraw_after_purchase(
    paid: Sequence[Event], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    """Withhold waiting sends of journeys that a purchase ends; their events."""
    return await withdraw_exited(connection, {event.customer for event in paid}, now)


async def withdraw_exited(
    connection: WorkerConnection, customers: Collection[CustomerKey], now: datetime
) -> Sequence[Event]:
    """Withhold what waits of customers who have bought since the trigger, where the journey ends then; the events."""
    waiting = await load_waiting_since_purchase(connection, customers)
    if not waiting:
        return []
    journeys = await load_versions(connection, {send.journey_key for send in waiting})
    ended = [
        send.send_id
        for send in waiting
        if (journey := journeys.get(send.journey_key)) is not None and "order.paid" in journey.exits
    ]
    return decided_events(await withdraw(connection, ended, "exited", now), now) if ended else []


async def withdraw_without_purchase(
    left: Sequence[Event], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    """Withhold waiting sends about bands of customers of whom no purchase is left; their events.

    What says so about an alias concerns the sends that were started under its id alone. One that left for its root has
    not left the band that the root is in.
    """
    over = [
        BandsOver(*event.customer, event.alias or event.customer_id, event.data.version, event.data.band)
        for event in left
        if event.alias or event.data.merged_into
    ]
    if over:
        await end_bands(connection, over)
    return await withdraw_left(connection, {event.customer for event in left}, now)


async def withdraw_of_other_bands(
    restated: Sequence[Event], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    """Withhold waiting sends about bands that a root was in before it was put together; their events."""
    over = [BandsOver(*event.customer, event.alias, event.data.version, event.data.band) for event in restated]
    await end_bands(connection, over)
    return await withdraw_left(connection, {event.customer for event in restated}, now)


async def withdraw_moved_on(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Withhold what waits about a stage, lifecycle or segment that customers have left; the events."""
    moves, since = moves_of(events)
    waiting = await end_moved(connection, moves, since) if moves else []
    return decided_events(await withdraw(connection, waiting, "moved_on", now), now) if waiting else []


async def withdraw_left(
    connection: WorkerConnection, customers: Collection[CustomerKey], now: datetime
) -> Sequence[Event]:
    """Withhold what waits of customers about bands that they have left for none; the events."""
    waiting = await load_waiting_without_purchase(connection, customers)
    ended = [send.send_id for send in waiting]
    return decided_events(await withdraw(connection, ended, "nothing_bought", now), now) if ended else []


def _started(journey: Journey, event: Event, data: Mapping[str, Any], now: datetime) -> Send:
    no_later_than = deadline_of(journey, data)
    too_late = no_later_than <= now
    return Send(
        send_id=send_id(journey.name, event.id, journey.channel),
        shop=event.shop,
        customer_id=event.customer.customer_id,
        journey=journey.name,
        journey_version=journey.version,
        channel=journey.channel,
        template=journey.template,
        cause_type=event.type,
        cause_id=event.id,
        correlation_id=event.correlation_id or event.id,
        hops=event.hops,
        payload=msgspec.to_builtins(event.data),
        triggered_at=data[journey.since] if journey.since else event.time,
        created_at=now,
        no_later_than=no_later_than,
        state="withheld" if too_late else "ready",
        reason="too_late" if too_late else None,
        not_before=BEFORE_ALL if journey.is_transactional else now,
        decided_at=now if too_late else None,
        started_as=event.alias,
    )


READS = (
    on(TRIGGERS, start_journeys),
    on(MOVES, withdraw_moved_on),
    on({"order.paid"}, withdraw_after_purchase),
    on({"band.left"}, withdraw_without_purchase),
    on({"band.restated"}, withdraw_of_other_bands),
)
