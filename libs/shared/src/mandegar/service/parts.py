"""What a service is made of: its parts, listed once in its ``main.py``."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias

from fastapi import APIRouter
from typing_extensions import TypeVar

from mandegar.database import Connection
from mandegar.database.invariants import Violation, find_violations
from mandegar.service.context import Context
from mandegar.service.rebuild_plan import Rebuild
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Process, Read, RecordSubscription, Settle, Subscription, subscriptions

S = TypeVar("S", bound=ServiceSettings)
Settings = TypeVar("Settings", bound=ServiceSettings, contravariant=True, default=ServiceSettings)

Measure: TypeAlias = Callable[[Connection], Awaitable[None]]
"""Sets gauges from the database whenever somebody asks for metrics."""


def _as_it_is(context: Any) -> Any:
    return context


@dataclass(frozen=True)
class RecordRead(Generic[Settings]):
    """Records as they are, of topics that match ``pattern``; ``process`` makes their function from the context."""

    pattern: str
    group: str
    process: Callable[[Context[Settings]], Process]


@dataclass(frozen=True)
class Part(Generic[Settings]):
    """One capability of a service: what a room of it serves, reads, does in the background and promises.

    Each of ``background`` runs until it is cancelled; one that ends or raises ends the process, and its supervisor
    starts it again. ``rebuild`` is for parts that come back from the topics otherwise than by their ``reads``.
    ``invariants`` are queries that find whatever breaks them, by name; ``checks`` find what no query can.
    """

    routers: Sequence[APIRouter] = ()
    reads: Sequence[Read] = ()
    records: Sequence[RecordRead[Settings]] = ()
    rebuild: Rebuild[Settings] | None = None
    background: Sequence[Callable[[Context[Settings]], Coroutine[Any, Any, None]]] = ()
    measures: Sequence[Measure] = ()
    invariants: Mapping[str, str] = field(default_factory=dict)
    checks: Sequence[Callable[[Connection, Settings], Awaitable[list[Violation]]]] = ()


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service: its parts, in the order in which they apply a batch, and the one function that settles customers.

    ``extend`` gives the context what this service shares beyond the common.
    """

    name: str
    parts: Sequence[Part[S]]
    settings: type[S]
    settle: Settle | None = None
    extend: Callable[[Context[S]], Context[S]] = _as_it_is

    @property
    def subscriptions(self) -> dict[str, Subscription]:
        """Its consumer groups of events, by name."""
        return subscriptions(self.name, [read for part in self.parts for read in part.reads])

    def record_subscriptions(self, context: Context[S]) -> dict[str, RecordSubscription]:
        """Its consumer groups of records, by name."""
        return {
            f"{self.name}.{read.group}": RecordSubscription(read.pattern, read.process(context))
            for part in self.parts
            for read in part.records
        }

    @property
    def rebuild_subscriptions(self) -> dict[str, Subscription]:
        """What is read to rebuild it, by consumer group."""
        reads = [read for part in self.parts for read in (part.rebuild.reads if part.rebuild else part.reads)]
        return subscriptions(self.name, reads)

    @property
    def routers(self) -> list[APIRouter]:
        return [router for part in self.parts for router in part.routers]

    @property
    def measures(self) -> list[Measure]:
        return [measure for part in self.parts for measure in part.measures]


async def invariant_violations(service: Service[S], connection: Connection, settings: S) -> list[Violation]:
    """Whatever breaks an invariant of ``service``: at most a hundred findings for each query."""
    broken: list[Violation] = []
    for part in service.parts:
        broken += await find_violations(connection, part.invariants)
        for check in part.checks:
            broken += await check(connection, settings)
    return broken
