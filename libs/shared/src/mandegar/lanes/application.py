"""Applies records as events: decodes, deduplicates, locks customers, applies, and makes dead letters of failures."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

import asyncpg

from mandegar.customers.alias_rows import exclude_others, hold_merges, roots_of, standings_of
from mandegar.customers.applying import apply_to_roots
from mandegar.customers.locking import lock_customers
from mandegar.customers.merging import about, customers_of, queue_of
from mandegar.customers.standings import Standings
from mandegar.customers.waiting import add_events, waiting_customers
from mandegar.database import WorkerConnection, after_commit
from mandegar.database.bisect import LeaveOut, apply_or_bisect
from mandegar.events import CustomerKey, Event, UnreadableEvent, decode_wanted
from mandegar.events.codec import customer_of_key, is_tombstone, tombstone
from mandegar.events.envelope import HOPS_MAX
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES, TOMBSTONE
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.lanes import inbox
from mandegar.lanes.brake import Brake
from mandegar.lanes.deadletters import DeadLetter, keep
from mandegar.lanes.tally import count_applied
from mandegar.stream import Heed, PermanentError, Place, Process, Record, Subscription, TakesLonger, place_of
from mandegar.telemetry import metrics, tracing

# After so many attempts an event that takes too long is given up.
ATTEMPTS = 3
TAKES_TOO_LONG = (
    "applying this event alone took more time than a transaction has, on every attempt, while the database answered "
    "others. Its neighbours go on. Release it once a version of the service applies it faster, or drop it"
)
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
    overlong: Mapping[Place, int] = MappingProxyType({}),
    on_set_aside: Callable[[], None] = lambda: None,
) -> Process:
    """The function that applies a poll's records for ``subscription``.

    Events older than ``retention`` become dead letters; None applies events of any age. ``brake`` raises ``Braked`` for
    a batch of which too much would become dead letters. Records at the places of ``overlong``, which did not fit into a
    transaction so many times, are left to the lane beside; ``on_set_aside`` is called after the commit of a batch that
    left it something.
    """

    async def process(records: Sequence[Record], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        oldest = _FIRST if retention is None else now - retention
        readable, letters = read(records, subscription.types, oldest)
        for types, heed in subscription.heeds:
            readable = await _heeded(readable, types, heed, connection)
        firsts: dict[int, Readable] = {}
        for item in readable:
            firsts.setdefault(item.event.id.int, item)
        claims = await inbox.claim(connection, group, (item.event for item in firsts.values()))
        for repeated in claims.repeated:
            del firsts[repeated.int]
        fresh = [*firsts.values()]
        batch = _Batch(subscription, partitions, connection, now)
        if claims.beside:
            batch.beside = await waiting_customers(connection)
        for item in fresh if overlong else ():
            batch.notice(item, overlong)
        unread = len(letters)
        if tells_of_persons(subscription, (item.event for item in fresh)):
            await exclude_others(connection)
        with tracing.processing(group, (item.event for item in fresh)):
            outgoing = await apply_or_bisect(fresh, batch.lock_and_apply, batch.refuse, connection)
        letters += batch.letters
        if letters:
            letters = await _without_erased(connection, letters, [item.event for item in fresh])
        if brake is not None:
            brake.weigh(letters, applied=len(fresh) - (len(letters) - unread))
        await keep(connection, group, letters, now)
        if letters:
            reach(StreamFailpoint.DEAD_LETTERS_KEPT)
        if batch.set_aside:
            await add_events(connection, group, [*batch.set_aside.values()])
            reach(StreamFailpoint.BESIDE_SET_ASIDE)
            after_commit(on_set_aside)
        elsewhere = {letter.event_id for letter in letters} | {item.event.id for item in batch.set_aside.values()}
        done = [(item.record.partition, item.event.type) for item in fresh if item.event.id not in elsewhere]
        await count_applied(connection, group, done)
        dropped = batch.dropped
        after_commit(lambda: metrics.DROPPED.labels(group).inc(len(dropped)))
        age = now - min(item.event.recorded_time for item in fresh) if fresh else None
        counts = len(done), len(readable) - len(fresh), len(letters), len(batch.set_aside)
        after_commit(partial(_count, group, *counts, age))
        return outgoing

    return process


async def _heeded(
    readable: list[Readable], types: frozenset[str], heed: Heed, connection: WorkerConnection
) -> list[Readable]:
    """What concerns the service: of events of ``types`` those that ``heed`` returns."""
    asked = [item.event for item in readable if item.event.type in types]
    if not asked:
        return readable
    heeded = {event.id.int for event in await heed(asked, connection)}
    return [item for item in readable if item.event.type not in types or item.event.id.int in heeded]


@dataclass(slots=True)
class _Batch:
    """One batch while it is applied. The events of customers in ``beside`` are set aside, in order."""

    subscription: Subscription
    partitions: int
    connection: WorkerConnection
    now: datetime
    beside: set[CustomerKey] = field(default_factory=set)
    set_aside: dict[int, Readable] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    refused: set[Place] = field(default_factory=set)
    dropped: set[UUID] = field(default_factory=set)

    def notice(self, item: Readable, overlong: Mapping[Place, int]) -> None:
        """Leave an event that does not fit into a transaction to the lane beside, which works by customer.

        One about a whole shop is refused after some attempts.
        """
        attempts = overlong.get(place_of(item.record), 0)
        if attempts and item.event.customer_id is not None:
            self.beside.add(item.event.customer)
        elif attempts >= ATTEMPTS:
            self.refused.add(place_of(item.record))

    async def lock_and_apply(self, items: Sequence[Readable]) -> Sequence[Event]:
        # Both in one savepoint, because the database may refuse a customer's id.
        if self.refused and any(place_of(item.record) in self.refused for item in items):
            raise PermanentError("takes_too_long", TAKES_TOO_LONG)
        events = [item.event for item in items]
        if self.beside:
            # Before the locks, which the lane beside may hold for long, and again with what they have shown.
            items = self._leave(items, await roots_of(self.connection, customers_of(events)))
            events = [item.event for item in items]
        if not items:
            return ()
        standings = await lock_their_customers(self.subscription, events, self.connection, self.partitions)
        roots = dict(standings.roots)
        if self.beside and roots:
            items = self._leave(items, roots)
            events = [item.event for item in items]
        try:
            outgoing = await apply_to_roots(self.subscription, events, self.connection, self.now, standings)
        except TakesLonger as error:
            self.beside |= error.customers
            if len(rest := self._leave(items, roots)) == len(items):
                raise
            raise LeaveOut(rest) from error
        self.dropped.update(standings.dropped)
        return outgoing

    def _leave(self, items: Sequence[Readable], roots: Mapping[CustomerKey, CustomerKey]) -> list[Readable]:
        """Set aside the events of customers who need longer, with those of their aliases; returns the others."""
        rest: list[Readable] = []
        for item in items:
            if (queue := queue_of(item.event, roots, self.beside)) is None:
                rest.append(item)
                continue
            # What the alias does behind a merge that waits, waits as well.
            self.beside.add(queue)
            # Once, although a batch that is bisected comes here several times.
            self.set_aside.setdefault(item.event.id.int, Readable(about(item.event, queue), item.record))
        return rest

    async def refuse(self, item: Readable, error: Exception) -> Sequence[Event]:
        self.letters.append(letter_of(item.record, error, item.event))
        return ()


async def _without_erased(
    connection: WorkerConnection, letters: Sequence[DeadLetter], events: Sequence[Event]
) -> list[DeadLetter]:
    """The dead letters without those of erased customers, of whom no record may be stored.

    What says who is whom or erased stays: it names nobody otherwise than by a pseudonym, and has to be released.
    """
    customers = {letter.record.key: customer_of_key(letter.record.key) for letter in letters}
    standings = await standings_of(connection, {key for key in customers.values() if key is not None})
    if not standings.erasures:
        return [*letters]
    stay = {event.id for event in events if event.type in IDENTITY_TYPES or event.type in ERASURE_TYPES}
    return [
        letter
        for letter in letters
        if letter.event_id in stay or (key := customers[letter.record.key]) is None or not standings.is_erased(key)
    ]


def letter_of(record: Record, error: Exception, event: Event | None = None) -> DeadLetter:
    """The dead letter of a record that ``error`` kept from being applied."""
    code = error.code if isinstance(error, PermanentError) else "not_applicable"
    if event is None:
        return DeadLetter(record, code, reason_of(error))
    return DeadLetter(record, code, reason_of(error), event.id, event.shop)


def _count(group: str, applied: int, repeated: int, refused: int, set_aside: int, age: timedelta | None) -> None:
    if age is not None:
        metrics.END_TO_END.labels(group).observe(max(age / _SECOND, 0.0))
    metrics.EVENTS_APPLIED.labels(group).inc(applied)
    metrics.INBOX_DUPLICATES.labels(group).inc(repeated)
    metrics.DEAD_LETTERS.labels(group).inc(refused)
    if set_aside:
        metrics.SET_ASIDE.labels(group).inc(set_aside)


async def lock_their_customers(
    subscription: Subscription, events: Sequence[Event], connection: WorkerConnection, partitions: int
) -> Standings:
    """Lock the customers of events, unless the subscription locks them itself; returns who is an alias or erased."""
    keys = customers_of(events)
    if subscription.locks_customers:
        return await lock_customers(connection, keys, partitions)
    return await hold_merges(connection, keys)


def tells_of_persons(subscription: Subscription, events: Iterable[Event]) -> bool:
    """Whether groups that lock rows of their own are to be kept out before customers are locked.

    Such a group shares the lock first and may then lock customers: whoever took them the other way round would wait
    for it as it does for them.
    """
    if not subscription.excluded or (subscription.merge is None and subscription.erase is None):
        return False
    return any(event.type in IDENTITY_TYPES or event.type in ERASURE_TYPES for event in events)


def read(
    records: Sequence[Record], wanted: frozenset[str], oldest: datetime
) -> tuple[list[Readable], list[DeadLetter]]:
    """Decode ``records``: the events of wanted types, and dead letters for records that can never be applied."""
    readable, letters = [], []
    for record in records:
        try:
            event = event_of(record, wanted)
        except UnreadableEvent as error:
            letters.append(DeadLetter(record, "unreadable", str(error)))
            continue
        if event is None:
            continue
        if event.hops > HOPS_MAX:
            letters.append(DeadLetter(record, "too_many_hops", f"hops {event.hops}", event.id, event.shop))
        elif event.recorded_time < oldest and event.type != TOMBSTONE:
            letters.append(
                DeadLetter(record, "too_old", "recordedtime is before the retention of the inbox", event.id, event.shop)
            )
        else:
            readable.append(Readable(event, record))
    return readable, letters


def event_of(record: Record, wanted: frozenset[str]) -> Event | None:
    """The event of a record, with typed data; ``None`` if its type is not wanted. Raises ``UnreadableEvent``."""
    if is_tombstone(record.topic, record.value):
        if TOMBSTONE not in wanted:
            return None
        return tombstone(record.topic, record.partition, record.offset, record.key, record.timestamp_ms)
    return decode_wanted(record.value, wanted)


def reason_of(error: Exception) -> str:
    """An error's description without personal data: messages of PostgreSQL may quote rows and arguments."""
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None) or getattr(error, "column_name", None) or ""
        return f"{type(error).__name__}: {error.sqlstate} {constraint}".rstrip()
    return f"{type(error).__name__}: {error}"
