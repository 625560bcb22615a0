"""What a service asks of the stream: which events it reads, and the functions that apply them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event, topic_of


class Record(NamedTuple):
    """One record of a topic; ``topic`` is the logical name, without the prefix of a test or a deployment."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


Apply: TypeAlias = Callable[[Sequence[Event], WorkerConnection, datetime], Awaitable[Sequence[Event]]]
Settle: TypeAlias = Callable[[Sequence[CustomerKey], WorkerConnection, datetime], Awaitable[Sequence[Event]]]
Process: TypeAlias = Callable[[Sequence[Record], WorkerConnection, datetime], Awaitable[Sequence[Event]]]


class PermanentError(ValueError):
    """This event can never be applied; it becomes a dead letter with ``code``, and its neighbours go on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Read:
    """Events of some types and the function that applies them: what one part of a service reads.

    ``apply`` gets a batch of events that were decoded, deduplicated and whose customers are locked, inside the batch
    transaction, and returns the events that follow. It keeps nothing between calls: parts of a batch may be applied
    again after a poisonous event was found in it. ``group`` names a consumer group beside the service's main one.
    ``locks_customers`` is false where ``apply`` keeps rows of its own and locks them itself, in key order.
    """

    types: frozenset[str]
    apply: Apply
    group: str = ""
    locks_customers: bool = True


def on(types: Collection[str], apply: Apply, *, group: str = "", locks_customers: bool = True) -> Read:
    """Read events of ``types`` with ``apply``."""
    return Read(frozenset(types), apply, group, locks_customers)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer group: the events that it reads, from the topics that carry them, applied exactly once."""

    topics: tuple[str, ...]
    types: frozenset[str]
    apply: Apply
    locks_customers: bool = True


def subscriptions(service: str, reads: Sequence[Read]) -> dict[str, Subscription]:
    """The consumer groups of ``service`` by name: the reads of each are applied in the order in which they stand.

    Raises ``KeyError`` for an event type that no topic carries, ``ValueError`` where the reads of one group differ in
    who locks the customers.
    """
    by_group: dict[str, list[Read]] = {}
    for read in reads:
        by_group.setdefault(f"{service}.{read.group}" if read.group else service, []).append(read)
    return {group: _subscription(group, members) for group, members in by_group.items()}


def _subscription(group: str, reads: Sequence[Read]) -> Subscription:
    if len({read.locks_customers for read in reads}) > 1:
        raise ValueError(f"the reads of {group} do not agree on who locks the customers")
    types = frozenset[str]().union(*(read.types for read in reads))
    topics = tuple(sorted({topic_of(type_) for type_ in types}))
    apply = reads[0].apply if len(reads) == 1 else _in_order(reads)
    return Subscription(topics, types, apply, reads[0].locks_customers)


def _in_order(reads: Sequence[Read]) -> Apply:
    """One function that gives each read the events of its types."""

    async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        outgoing: list[Event] = []
        for read in reads:
            if wanted := [event for event in events if event.type in read.types]:
                outgoing += await read.apply(wanted, connection, now)
        return outgoing

    return apply


@dataclass(frozen=True, slots=True)
class RecordSubscription:
    """Records as they are, of topics that match ``pattern`` (a regular expression on logical names)."""

    pattern: str
    process: Process
