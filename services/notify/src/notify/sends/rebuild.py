"""Sends from the topics: triggers start journeys again, then each send gets the decision that notify published.

Nothing is delivered meanwhile. A send of which nothing was published may have gone out just before the database was
lost: it is withheld if its deadline has passed, and otherwise unknown, so that it is looked up and never sent blindly.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from mandegar.database import WorkerConnection, transaction
from mandegar.events import Event
from mandegar.outbox import write_outbox
from mandegar.service.context import Context
from mandegar.service.progress import progress
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on
from notify.domain.journey import TRIGGERS
from notify.sends import rebuild_rows
from notify.sends.apply import start_journeys
from notify.sends.events import TYPES, decided_events, decided_id
from notify.sends.merge import move
from notify.sends.moves import MOVES, moves_of
from notify.sends.moves_rows import end_moved
from notify.sends.rebuild_rows import Published
from notify.sends.rows import Send

ATTEMPTS_MAX = 200
SENDS_AT_ONCE = 1_000
_STATES = {type_: state for state, type_ in TYPES.items()}


async def start_again(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Start journeys as of the recorded time. Nothing is withheld here: only notify's own topic decides that."""
    await start_journeys(events, connection, max(event.recorded_time for event in events))
    await rebuild_rows.reopen(connection, {event.customer for event in events})
    return ()


async def restore_decisions(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the latest decision on each send."""
    published: dict[UUID, Published] = {}
    for event in sorted(events, key=lambda event: event.time):
        data = event.data
        attempt = _attempt_of(event)
        published[data.message_id] = Published(
            data.message_id, _STATES[event.type], data.reason, attempt, data.locale, event.time, data.address_id
        )
    await rebuild_rows.save_published(connection, list(published.values()))
    return ()


async def decide_the_rest(context: Context) -> None:
    """Decide about the sends of which nothing was published, and publish that."""
    await _decide(context, "notify sends whose deadline has passed", rebuild_rows.withhold_past)
    await _decide(context, "notify sends of which nothing was published", rebuild_rows.make_unknown)


async def _decide(
    context: Context, title: str, some: Callable[[WorkerConnection, datetime, int], Awaitable[list[Send]]]
) -> None:
    now, decided = context.clock.now(), 0
    with progress(title) as bar:
        while True:
            async with transaction(context.worker) as connection:
                sends = await some(connection, now, SENDS_AT_ONCE)
                await write_outbox(connection, decided_events(sends, now))
            if not sends:
                break
            decided += len(sends)
            bar.update(decided, decided)


def _attempt_of(event: Event) -> int:
    """The attempt whose end an event publishes: the event's id follows from it."""
    for attempt in range(ATTEMPTS_MAX):
        if decided_id(event.data.message_id, attempt, event.type) == event.id:
            return attempt
    return ATTEMPTS_MAX


async def end_again(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Mark sends that were over. Whether they went out before is published on notify's own topic."""
    moves, since = moves_of(events)
    if moves:
        await end_moved(connection, moves, since)
    return ()


REBUILD = Rebuild(
    reads=(
        on(TRIGGERS, start_again),
        on(MOVES, end_again),
        on(TYPES.values(), restore_decisions, group=REBUILD_GROUP),
    ),
    merge=move,
    finish=decide_the_rest,
)
