"""Applying records as canonical events: read, refuse, deduplicate, lock, apply, and bisect to what is poisonous."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from shared.database import Connection, is_weather
from shared.events import Event, UnknownEventType, UnreadableEvent, decode
from shared.events.envelope import HOPS_MAX
from shared.failpoints import Failpoint, reach
from shared.messaging import inbox
from shared.messaging.customers import lock_customers
from shared.messaging.deadletters import DeadLetter, keep
from shared.messaging.subscription import Apply, PermanentError, Process, Record, Subscription
from shared.messaging.tally import count_applied
from shared.telemetry import metrics, tracing


class Readable(NamedTuple):
    """An event and the record that brought it."""

    event: Event
    record: Record


def as_process(subscription: Subscription, group: str, partitions: int) -> Process:
    """The record-level function behind a subscription to events."""

    async def lock_and_apply(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
        # Together, because a customer's name may be what the database refuses.
        await lock_their_customers(subscription, events, connection, partitions)
        return await subscription.apply(events, connection, now)

    async def process(records: Sequence[Record], connection: Connection, now: datetime) -> Sequence[Event]:
        readable, letters = read(records, subscription.types, now)
        distinct = {item.event.id: item for item in reversed(readable)}  # the first of each id counts
        claimed = await inbox.claim(connection, group, [item.event for item in distinct.values()])
        fresh = [item for item in readable if item.event.id in claimed and distinct[item.event.id] is item]
        with tracing.processing(group, (item.event for item in fresh)):
            outgoing = await apply_or_bisect(lock_and_apply, fresh, connection, now, letters)
        await keep(connection, group, letters, now)
        if letters:
            reach(Failpoint.DEAD_LETTERS_KEPT)
        refused = {letter.event_id for letter in letters}
        done = [(item.record.partition, item.event.type) for item in fresh if item.event.id not in refused]
        await count_applied(connection, group, done)
        metrics.EVENTS_APPLIED.labels(group).inc(len(done))
        metrics.INBOX_DUPLICATES.labels(group).inc(len(readable) - len(fresh))
        metrics.DEAD_LETTERS.labels(group).inc(len(letters))
        return outgoing

    return process


async def lock_their_customers(
    subscription: Subscription, events: Sequence[Event], connection: Connection, partitions: int
) -> None:
    """Lock the customers of ``events``, as ``Apply`` is promised."""
    if subscription.locks_customers:
        keys = {event.customer for event in events if event.customer_id is not None}
        await lock_customers(connection, keys, partitions)


def read(records: Sequence[Record], wanted: frozenset[str], now: datetime) -> tuple[list[Readable], list[DeadLetter]]:
    """The wanted events among ``records``, and the records that can never be applied."""
    readable, letters = [], []
    for record in records:
        try:
            event = decode(record.value)
        except UnknownEventType:
            continue
        except UnreadableEvent as error:
            letters.append(DeadLetter(record, "unreadable", str(error)))
            continue
        if event.type not in wanted:
            continue
        if event.hops > HOPS_MAX:
            letters.append(DeadLetter(record, "too_many_hops", f"hops {event.hops}", event.id, event.shop))
        elif event.recorded_time < now - inbox.KEPT:
            letters.append(DeadLetter(record, "too_old", "older than the inbox remembers", event.id, event.shop))
        else:
            readable.append(Readable(event, record))
    return readable, letters


async def apply_or_bisect(
    apply: Apply, items: Sequence[Readable], connection: Connection, now: datetime, letters: list[DeadLetter]
) -> Sequence[Event]:
    """Apply the events; the ones that cannot be applied are added to ``letters`` and leave no other trace."""
    if not items:
        return []
    try:
        async with connection.transaction():  # a savepoint
            return await apply([item.event for item in items], connection, now)
    except (ValueError, LookupError, ArithmeticError, TypeError, asyncpg.PostgresError) as error:
        if is_weather(error):
            raise
        if len(items) == 1:
            event, record = items[0]
            code = error.code if isinstance(error, PermanentError) else "not_applicable"
            letters.append(DeadLetter(record, code, reason_of(error), event.id, event.shop))
            return []
    half = len(items) // 2
    first = await apply_or_bisect(apply, items[:half], connection, now, letters)
    second = await apply_or_bisect(apply, items[half:], connection, now, letters)
    return [*first, *second]


def reason_of(error: Exception) -> str:
    """What may be said of an error: the database's own sentences quote rows and arguments, addresses among them."""
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None) or getattr(error, "column_name", None) or ""
        return f"{type(error).__name__}: {error.sqlstate} {constraint}".rstrip()
    return f"{type(error).__name__}: {error}"
