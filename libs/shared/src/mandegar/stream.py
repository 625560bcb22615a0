"""What a service tells the stream: which records it wants, and the function that applies them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from mandegar.database import Connection
from mandegar.events import CustomerKey, Event


class Record(NamedTuple):
    """One record of a topic; ``topic`` is the logical name, without the prefix of a test or a deployment."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int


Apply: TypeAlias = Callable[[Sequence[Event], Connection, datetime], Awaitable[Sequence[Event]]]
Settle: TypeAlias = Callable[[Sequence[CustomerKey], Connection, datetime], Awaitable[Sequence[Event]]]
Process: TypeAlias = Callable[[Sequence[Record], Connection, datetime], Awaitable[Sequence[Event]]]


class PermanentError(ValueError):
    """This event can never be applied; it becomes a dead letter with ``code``, and its neighbours go on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Subscription:
    """Canonical events of some types from some topics, applied exactly once.

    ``apply`` gets a batch of events that were decoded, deduplicated and whose customers are locked, inside the batch
    transaction, and returns the events that follow. It keeps nothing between calls: parts of a batch may be applied
    again after a poisonous event was found in it. ``group`` tells two subscriptions of one service apart.
    ``locks_customers`` is false where ``apply`` keeps rows of its own and locks them itself, in key order.
    """

    topics: tuple[str, ...]
    types: frozenset[str]
    apply: Apply
    group: str = ""
    locks_customers: bool = True


@dataclass(frozen=True, slots=True)
class RecordSubscription:
    """Records as they are, of topics that match ``pattern`` (a regular expression on logical names)."""

    pattern: str
    process: Process
    group: str = ""
