"""Notify from the topics: journeys, then contacts and triggers as always, then the sends and consents it published.

Nothing is delivered meanwhile. A send of which nothing was published may have gone out just before the database was
lost: it is withheld if its deadline has passed, and otherwise unknown, so that it is looked up and never sent blindly.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from mandegar.database import Connection, transaction
from mandegar.documents.rows import Version, insert_version
from mandegar.events import Event
from mandegar.outbox import write_outbox
from mandegar.service.context import Context
from mandegar.service.progress import progress
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on
from notify.apply import TYPES, apply
from notify.contacts.rows import save_own_consents
from notify.domain.consent import Statement
from notify.journeys.tables import JOURNEYS
from notify.rebuild import rows
from notify.rebuild.rows import Published
from notify.sends.events import TYPES as DECIDED_TYPES
from notify.sends.events import decided_events, decided_id
from notify.sends.rows import Send

ATTEMPTS_MAX = 200
SENDS_AT_ONCE = 1_000
DECISIONS = frozenset({*DECIDED_TYPES.values(), "consent.changed"})
_STATES = {type_: state for state, type_ in DECIDED_TYPES.items()}


async def remember_journeys(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the versions of journeys that notify has published, before anything starts under them."""
    for event in events:
        data = event.data
        version = Version(event.shop, data.name, data.version, data.effective_from, data.document, event.recorded_time)
        await insert_version(connection, JOURNEYS, version)
    return ()


async def take_in(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Apply a batch as of its recorded time; sends that this withholds are reopened, as only notify's topic decides."""
    await apply(events, connection, max(event.recorded_time for event in events))
    await rows.reopen(connection, {event.customer for event in events if event.customer_id is not None})
    return ()


async def remember(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Take in what notify has published: the latest decision on each send, and customers' own consents."""
    published: dict[object, Published] = {}
    for event in sorted(events, key=lambda event: event.time):
        if event.type == "consent.changed":
            await _remember_consent(connection, event)
        else:
            published[event.data.message_id] = _published(event)
    if published:
        await rows.save_published(connection, list(published.values()))
    return ()


async def finish(context: Context) -> None:
    """Decide about the sends of which nothing was published, and publish that."""
    await _decide(context, "notify sends whose deadline has passed", rows.withhold_past)
    await _decide(context, "notify sends of which nothing was published", rows.make_unknown)


async def _decide(
    context: Context, title: str, some: Callable[[Connection, datetime, int], Awaitable[list[Send]]]
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


async def _remember_consent(connection: Connection, event: Event) -> None:
    data = event.data
    await save_own_consents(connection, event.customer, {data.channel: Statement(data.status, data.at, data.method)})


def _published(event: Event) -> Published:
    data = event.data
    return Published(data.message_id, _STATES[event.type], data.reason, _attempt_of(event), data.locale, event.time)


def _attempt_of(event: Event) -> int:
    """The attempt whose end an event publishes: the event's id follows from it."""
    for attempt in range(ATTEMPTS_MAX):
        if decided_id(event.data.message_id, attempt, event.type) == event.id:
            return attempt
    return ATTEMPTS_MAX


REBUILD = Rebuild(
    reads=(
        on({"journey.changed"}, remember_journeys, group=f"{REBUILD_GROUP}.journeys"),
        on(TYPES, take_in),
        on(DECISIONS, remember, group=REBUILD_GROUP),
    ),
    finish=finish,
)
