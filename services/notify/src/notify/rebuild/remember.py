"""Notify from the topics: contacts and triggers as ever, then what notify itself has published of sends and consents.

Nothing is delivered meanwhile. A send of which nothing was published may have gone out just before the database was
lost: it is withheld if its time is over, and otherwise unknown, so that it is looked up and never sent blindly.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from mandegar.database import Connection, Row, transaction
from mandegar.events import Event, derived_id, topic_of
from mandegar.events.registry import types_of
from mandegar.events.topics import NOTIFY_EVENTS
from mandegar.outbox import write_outbox
from mandegar.service.context import Context
from mandegar.service.progress import step
from mandegar.service.rebuild_plan import MEMORY, Rebuild
from mandegar.stream import Subscription
from notify.apply import TYPES, apply
from notify.contacts.change_consent import as_word
from notify.contacts.rows import load_customer, save_own_consents
from notify.contacts.standing_consent import as_document
from notify.rebuild import rows as remembering
from notify.rebuild.rows import Said
from notify.sends.events import SERVICE, decided_events

ATTEMPTS_MAX = 200
SENDS_AT_ONCE = 1_000
_STATES = {
    "message.sent": "sent",
    "message.refused": "refused",
    "message.unknown": "unknown",
    "message.withheld": "withheld",
}


async def take_in(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Apply a batch as of the time when it was written down; what became of the sends is not decided here."""
    await apply(events, connection, max(event.recorded_time for event in events))
    await remembering.reopen(connection, {event.customer for event in events if event.customer_id is not None})
    return ()


async def remember(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Take in what notify has published: the last word on each send, and customers' own words on consent."""
    said: dict[object, Said] = {}
    for event in sorted(events, key=lambda event: event.time):
        if event.type == "consent.changed":
            await _remember_consent(connection, event)
        else:
            said[event.data.message_id] = _said(event)
    if said:
        await remembering.save_said(connection, list(said.values()))
    return ()


async def finish(context: Context) -> None:
    """Decide about the sends of which nothing was published, and publish that."""
    await _decide(context, "notify sends whose time is over", remembering.withhold_past)
    await _decide(context, "notify sends that nobody knows of", remembering.give_up_knowing)


async def _decide(
    context: Context, title: str, some: Callable[[Connection, datetime, int], Awaitable[list[Row]]]
) -> None:
    now, decided = context.clock.now(), 0
    with step(title) as shown:
        while True:
            async with transaction(context.worker) as connection:
                rows = await some(connection, now, SENDS_AT_ONCE)
                await write_outbox(connection, decided_events(rows, now))
            if not rows:
                break
            decided += len(rows)
            shown.at(decided, decided)


async def _remember_consent(connection: Connection, event: Event) -> None:
    customer = await load_customer(connection, event.customer, lock=True)
    if customer is not None:
        own = {**customer["own_consents"], event.data.channel: as_document(as_word(event.data))}
        await save_own_consents(connection, event.customer, own)


def _said(event: Event) -> Said:
    data = event.data
    return Said(data.message_id, _STATES[event.type], data.reason, _attempt_of(event), data.locale, event.time)


def _attempt_of(event: Event) -> int:
    """The attempt that an event tells of: its id follows from it."""
    for attempt in range(ATTEMPTS_MAX):
        if derived_id(SERVICE, f"{event.data.message_id}|{attempt}", event.type) == event.id:
            return attempt
    return ATTEMPTS_MAX


REBUILD = Rebuild(
    reads=(
        Subscription(topics=tuple(sorted({topic_of(type_) for type_ in TYPES})), types=TYPES, apply=take_in),
        Subscription(topics=(NOTIFY_EVENTS,), types=types_of(NOTIFY_EVENTS), apply=remember, group=MEMORY),
    ),
    finish=finish,
)
