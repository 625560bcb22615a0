"""Declares what a service reads from topics, and the functions that apply it."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event, topic_of
from mandegar.events.registry import ERASURE_TYPES, IDENTITY_TYPES


class Record(NamedTuple):
    """A record of a topic. ``topic`` is the logical name, without the prefix of a deployment.

    ``timestamp_ms`` is Kafka's, -1 without one. ``unreadable`` says why nothing could be decoded; ``value`` then has
    the bytes as they stand in the log.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    timestamp_ms: int = -1
    unreadable: str | None = None


# Topic, partition and offset of a record.
Place: TypeAlias = tuple[str, int, int]


def place_of(record: Record) -> Place:
    return record.topic, record.partition, record.offset


Apply: TypeAlias = Callable[[Sequence[Event], WorkerConnection, datetime], Awaitable[Sequence[Event]]]
Settle: TypeAlias = Callable[[Sequence[CustomerKey], WorkerConnection, datetime], Awaitable[Sequence[Event]]]
Process: TypeAlias = Callable[[Sequence[Record], WorkerConnection, datetime], Awaitable[Sequence[Event]]]


# Those of some events that concern a service, by what its database says.
Heed: TypeAlias = Callable[[Sequence[Event], WorkerConnection], Awaitable[Sequence[Event]]]


class Merged(NamedTuple):
    """``alias`` has turned out to be ``root``, as ``event`` says. Both are locked; ``root`` is no alias."""

    alias: CustomerKey
    root: CustomerKey
    event: Event


Merge: TypeAlias = Callable[[Sequence[Merged], WorkerConnection, datetime], Awaitable[Sequence[Event]]]


class Erased(NamedTuple):
    """Nothing of ``customer`` may be kept. With ``keep_books`` amounts may, if they name nobody.

    Each id of the person is erased by itself: what was given to a root goes when that is erased. ``profile_version``
    is that of ingest's latest snapshot before; a later one, which another topic brought first, is to be kept.
    """

    customer: CustomerKey
    erasure_id: UUID
    keep_books: bool
    profile_version: int | None = None


class Removed(NamedTuple):
    """What an erasure has removed of a customer: ``what`` names the rows for a stranger, as an export does.

    ``kept`` is how many of them stay, and ``why`` the reason, a sentence.
    """

    customer: CustomerKey
    what: str
    removed: int
    kept: int = 0
    why: str = ""


Erase: TypeAlias = Callable[[Sequence[Erased], WorkerConnection, datetime], Awaitable[Sequence[Removed]]]


class PermanentError(ValueError):
    """The event can never be applied: it becomes a dead letter with ``code``; other events of the batch are applied."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class TakesLonger(ValueError):
    """These customers need more time than a batch has: the lane beside applies their events, or settles them."""

    def __init__(self, customers: Collection[CustomerKey]) -> None:
        super().__init__("these customers need more time than a batch has")
        self.customers = frozenset(customers)


_beside: ContextVar[bool] = ContextVar("beside", default=False)


def needs_longer(customers: Iterable[CustomerKey]) -> None:
    """Leave ``customers`` to the lane beside, if there are any: raises ``TakesLonger``.

    For ``apply`` and ``settle``, as soon as they know, for instance by the number of a customer's orders. The library
    undoes what the call has done, calls it again without these customers, and keeps their later events in order behind
    what waits. In the lane beside, which calls the same function for one customer at a time, this returns.
    """
    if (some := frozenset(customers)) and not _beside.get():
        raise TakesLonger(some)


@contextmanager
def beside() -> Iterator[None]:
    """``needs_longer`` returns within the block."""
    token = _beside.set(True)
    try:
        yield
    finally:
        _beside.reset(token)


@dataclass(frozen=True, slots=True)
class Read:
    """The event types that a part of a service reads, and the function that applies them.

    ``apply`` is called within the batch transaction, with decoded and deduplicated events whose customers are locked.
    It returns the events to publish. It must keep no state between calls, because after an error the batch is applied
    again in parts. ``group`` names a consumer group besides the service's main one. ``locks_customers`` is false if
    ``apply`` has rows of its own, which it locks itself in key order. ``optional``: the service does its work, and is
    ready, while the group has no partitions. ``of_erased`` is given the events of erased customers that are dropped, as
    they were published, and keeps of them what an erasure leaves, such as a version; it publishes nothing.
    ``sees_erased``: ``apply`` is given these events, too. ``heed`` is asked once per batch which events of the types
    ``heeded`` concern the service; the others are skipped like events of a type that nobody reads, before anything is
    claimed or locked for them.
    """

    types: frozenset[str]
    apply: Apply
    group: str = ""
    locks_customers: bool = True
    optional: bool = False
    of_erased: Apply | None = None
    sees_erased: bool = False
    heed: Heed | None = None
    heeded: frozenset[str] = frozenset()


def on(
    types: Collection[str],
    apply: Apply,
    *,
    group: str = "",
    locks_customers: bool = True,
    optional: bool = False,
    of_erased: Apply | None = None,
    sees_erased: bool = False,
    heed: Heed | None = None,
    heeded: Collection[str] = (),
) -> Read:
    """Declare that ``apply`` reads the events of ``types``."""
    return Read(
        frozenset(types), apply, group, locks_customers, optional, of_erased, sees_erased, heed, frozenset(heeded)
    )


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer group: its topics, the event types that it reads, and the functions that apply them.

    ``excluded``: while ``merge`` or ``erase`` runs, the groups that lock rows of their own must not.
    """

    topics: tuple[str, ...]
    types: frozenset[str]
    apply: Apply
    locks_customers: bool = True
    optional: bool = False
    merge: Merge | None = None
    erase: Erase | None = None
    of_erased: Apply | None = None
    excluded: bool = False
    sees_erased: bool = False
    heeds: tuple[tuple[frozenset[str], Heed], ...] = ()


def subscriptions(
    service: str, reads: Sequence[Read], merges: Sequence[Merge] = (), erase: Erase | None = None
) -> dict[str, Subscription]:
    """The consumer groups of ``service`` by name; the reads of a group are applied in the given order.

    The main group also reads who is whom, and calls ``merges`` in the given order; and who is erased, and calls
    ``erase``. Raises ``KeyError`` for an event type that no topic carries, and ``ValueError`` if ``locks_customers``
    differs within a group.
    """
    by_group: dict[str, list[Read]] = {}
    for read in reads:
        by_group.setdefault(f"{service}.{read.group}" if read.group else service, []).append(read)
    excluded = not all(read.locks_customers for read in reads)
    return {
        group: _subscription(
            group, members, merges if group == service else (), erase if group == service else None, excluded=excluded
        )
        for group, members in by_group.items()
    }


def _subscription(
    group: str, reads: Sequence[Read], merges: Sequence[Merge], erase: Erase | None, *, excluded: bool
) -> Subscription:
    if len({read.locks_customers for read in reads}) > 1:
        raise ValueError(f"locks_customers differs between the reads of {group}")
    own = (IDENTITY_TYPES if merges else frozenset()) | (ERASURE_TYPES if erase else frozenset())
    types = own.union(*(read.types for read in reads))
    topics = tuple(sorted({topic_of(type_) for type_ in types}))
    apply = reads[0].apply if len(reads) == 1 else _in_order([(read.types, read.apply) for read in reads])
    of_erased = [(read.types, read.of_erased) for read in reads if read.of_erased is not None]
    return Subscription(
        topics,
        types,
        apply,
        reads[0].locks_customers,
        all(read.optional for read in reads),
        _all(merges),
        erase,
        _in_order(of_erased) if of_erased else None,
        excluded=excluded,
        sees_erased=any(read.sees_erased for read in reads),
        heeds=tuple([(read.heeded, read.heed) for read in reads if read.heed is not None]),
    )


def _in_order(functions: Sequence[tuple[frozenset[str], Apply]]) -> Apply:
    """A function that calls each with the events of its types."""

    async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        outgoing: list[Event] = []
        for types, function in functions:
            if wanted := [event for event in events if event.type in types]:
                outgoing += await function(wanted, connection, now)
        return outgoing

    return apply


def _all(merges: Sequence[Merge]) -> Merge | None:
    """A function that calls each of ``merges``; None if there are none."""

    async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        return [event for each in merges for event in await each(merged, connection, now)]

    return merge if merges else None


@dataclass(frozen=True, slots=True)
class RecordSubscription:
    """A consumer group that reads undecoded records of topics matching ``pattern``, a regular expression."""

    pattern: str
    process: Process
