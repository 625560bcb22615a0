"""Applies records as events: decodes, deduplicates, locks customers, applies, and makes dead letters of failures."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import asyncpg

from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection, after_commit
from mandegar.database.bisect import apply_or_bisect
from mandegar.events import Event, UnreadableEvent, decode_wanted
from mandegar.events.envelope import HOPS_MAX
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes import inbox
from mandegar.lanes.brake import Brake
from mandegar.lanes.deadletters import DeadLetter, keep
from mandegar.lanes.tally import count_applied
from mandegar.stream import PermanentError, Process, Record, Subscription
from mandegar.telemetry import metrics, tracing

_FIRST = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Readable(NamedTuple):
    """An event and the record that contains it."""

    event: Event
    record: Record


def as_process(
    subscription: Subscription,
    group: str,
    partitions: int,
    *,
    retention: timedelta | None = inbox.RETENTION,
    brake: Brake | None = None,
) -> Process:
    """The function that applies a poll's records for ``subscription``.

    Events older than ``retention`` become dead letters; None applies events of any age. ``brake`` raises ``Braked`` for
    a batch of which too much would become dead letters.
    """

    async def process(records: Sequence[Record], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        async def lock_and_apply(items: Sequence[Readable]) -> Sequence[Event]:
            # Both in one savepoint, because the database may refuse a customer's id.
            events = [item.event for item in items]
            await lock_their_customers(subscription, events, connection, partitions)
            return await subscription.apply(events, connection, now)

        async def refuse(item: Readable, error: Exception) -> Sequence[Event]:
            code = error.code if isinstance(error, PermanentError) else "not_applicable"
            letters.append(DeadLetter(item.record, code, reason_of(error), item.event.id, item.event.shop))
            return ()

        oldest = _FIRST if retention is None else now - retention
        readable, letters = read(records, subscription.types, oldest)
        firsts: dict[int, Readable] = {}
        for item in readable:
            firsts.setdefault(item.event.id.int, item)
        for repeated in await inbox.claim(connection, group, (item.event for item in firsts.values())):
            del firsts[repeated.int]
        fresh = [*firsts.values()]
        unread = len(letters)
        with tracing.processing(group, (item.event for item in fresh)):
            outgoing = await apply_or_bisect(fresh, lock_and_apply, refuse, connection)
        if brake is not None:
            brake.weigh(letters, applied=len(fresh) - (len(letters) - unread))
        await keep(connection, group, letters, now)
        if letters:
            reach(StreamFailpoint.DEAD_LETTERS_KEPT)
        refused = {letter.event_id for letter in letters}
        done = [(item.record.partition, item.event.type) for item in fresh if item.event.id not in refused]
        await count_applied(connection, group, done)
        age = now - min(item.event.recorded_time for item in fresh) if fresh else None
        after_commit(partial(_count, group, len(done), len(readable) - len(fresh), len(letters), age))
        return outgoing

    return process


def _count(group: str, applied: int, repeated: int, refused: int, age: timedelta | None) -> None:
    if age is not None:
        metrics.END_TO_END.labels(group).observe(max(age / _SECOND, 0.0))
    metrics.EVENTS_APPLIED.labels(group).inc(applied)
    metrics.INBOX_DUPLICATES.labels(group).inc(repeated)
    metrics.DEAD_LETTERS.labels(group).inc(refused)


async def lock_their_customers(
    subscription: Subscription, events: Sequence[Event], connection: WorkerConnection, partitions: int
) -> None:
    """Lock the customers of ``events``, unless the subscription locks them itself."""
    if subscription.locks_customers:
        keys = {event.customer for event in events if event.customer_id is not None}
        await lock_customers(connection, keys, partitions)


def read(
    records: Sequence[Record], wanted: frozenset[str], oldest: datetime
) -> tuple[list[Readable], list[DeadLetter]]:
    """Decode ``records``: the events of wanted types, and dead letters for records that can never be applied."""
    readable, letters = [], []
    for record in records:
        try:
            event = decode_wanted(record.value, wanted)
        except UnreadableEvent as error:
            letters.append(DeadLetter(record, "unreadable", str(error)))
            continue
        if event is None:
            continue
        if event.hops > HOPS_MAX:
            letters.append(DeadLetter(record, "too_many_hops", f"hops {event.hops}", event.id, event.shop))
        elif event.recorded_time < oldest:
            letters.append(
                DeadLetter(record, "too_old", "recordedtime is before the retention of the inbox", event.id, event.shop)
            )
        else:
            readable.append(Readable(event, record))
    return readable, letters


def reason_of(error: Exception) -> str:
    """An error's description without personal data: messages of PostgreSQL may quote rows and arguments."""
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None) or getattr(error, "column_name", None) or ""
        return f"{type(error).__name__}: {error.sqlstate} {constraint}".rstrip()
    return f"{type(error).__name__}: {error}"
