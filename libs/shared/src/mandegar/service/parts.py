"""Declares a service as a list of parts, which its ``main.py`` contains."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from fastapi import APIRouter
from typing_extensions import TypeVar

from mandegar.customers.erasing import erasing_of
from mandegar.database import Connection, WorkerConnection
from mandegar.database.customer_data import CustomerTable
from mandegar.database.invariants import Violation, find_violations
from mandegar.events import CustomerKey
from mandegar.events.topics import COMPACTED, published_by
from mandegar.lanes.inbox import claimed_among
from mandegar.service.context import Context
from mandegar.service.health import Check
from mandegar.service.rebuild_plan import Rebuild
from mandegar.service.settings import ServiceSettings
from mandegar.stream import Erase, Merge, Process, Read, RecordSubscription, Settle, Subscription, subscriptions

S = TypeVar("S", bound=ServiceSettings)
Settings = TypeVar("Settings", bound=ServiceSettings, contravariant=True, default=ServiceSettings)


# Which of some events a service has applied.
AppliedAmong: TypeAlias = Callable[[Connection, Collection[UUID]], Awaitable[set[UUID]]]


class Settable(Protocol):
    """A gauge."""

    def set(self, value: float) -> None: ...


class Measure(NamedTuple):
    """Gauges, and the query for their values when metrics are scraped; without an answer they are NaN."""

    gauges: Sequence[Settable]
    query: Callable[[Connection], Awaitable[Sequence[float]]]


@dataclass(frozen=True)
class Expiry(Generic[Settings]):
    """Rows that expire. ``delete`` deletes a bounded number of them, or what has expired in them, and returns how many
    there were; upkeep calls it in transactions of its own until it returns 0. ``what`` names them in metrics."""

    what: str
    delete: Callable[[WorkerConnection, datetime, Settings], Awaitable[int]]


class Watched(Protocol):
    """A background task with checks of its own, which are reported as degradations."""

    @property
    def checks(self) -> Mapping[str, Check]: ...

    async def run(self) -> None:
        """Run until cancelled."""
        ...


# A row of a table, by its columns, as the object that an export shows of it.
ExportRow: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]

# Objects of an export that are no rows of a table with customers, behind a place (None: the first ones), and the
# place of the last of them (None: there are no more).
ExportMore: TypeAlias = Callable[
    [CustomerKey, WorkerConnection, Any], Awaitable[tuple[Sequence[Mapping[str, Any]], Any | None]]
]


def _unchanged(context: Any) -> Any:
    return context


@dataclass(frozen=True)
class RecordRead(Generic[Settings]):
    """A read of undecoded records of topics that match ``pattern``; ``process`` builds the function that applies them.

    ``group`` names the consumer group; the library puts the service's name before it.
    """

    pattern: str
    group: str
    process: Callable[[Context[Settings]], Process]


@dataclass(frozen=True)
class Part(Generic[Settings]):
    """One capability of a service: its routes, the events it reads, its background tasks and its invariants.

    ``merge`` gives what the part holds of aliases to their roots, who are then as if they had done all of it
    themselves. It is called in a batch's transaction before the other events, and returns events to publish.
    ``erase`` removes what the part holds of erased customers and the library does not: rows that the tables do not
    declare as ``DELETED``, or what the books keep. It is called in a batch's transaction, before the library deletes
    such rows and empties those of ``customers``; nothing is published. ``export`` makes rows of an export readable, by
    the name that their table declares: it is given a row and returns the object that stands for it. ``export_more``
    adds what no table with customers has, by the name under which it stands in an export.
    ``records`` reads undecoded records of topics. ``rebuild`` replaces ``reads`` while the service is rebuilt.
    ``background`` functions run until cancelled; if one returns or raises, the process ends and its supervisor restarts
    it. ``watched`` makes such tasks with checks, by name. ``measures`` are gauges of the database. ``invariants`` maps
    a name to a query that selects rows which violate it; ``checks`` return violations that no query can find.
    ``expiries`` are deleted by the upkeep of the database.
    ``origins`` are queries that select, as ``origin``, web pages which may use its doors.
    ``left_behind`` names tables, and columns (as table.column), that do not go along when a shop moves to another
    installation, with the reason; ``moved_in`` is called where the rows of a shop have been inserted, in their
    transaction.
    """

    routers: Sequence[APIRouter] = ()
    reads: Sequence[Read] = ()
    merge: Merge | None = None
    erase: Erase | None = None
    export: Mapping[str, ExportRow] = field(default_factory=dict)
    export_more: Mapping[str, ExportMore] = field(default_factory=dict)
    records: Sequence[RecordRead[Settings]] = ()
    rebuild: Rebuild[Settings] | None = None
    background: Sequence[Callable[[Context[Settings]], Coroutine[Any, Any, None]]] = ()
    watched: Mapping[str, Callable[[Context[Settings]], Watched]] = field(default_factory=dict)
    measures: Sequence[Measure] = ()
    expiries: Sequence[Expiry[Settings]] = ()
    invariants: Mapping[str, str] = field(default_factory=dict)
    checks: Sequence[Callable[[Connection, Settings], Awaitable[list[Violation]]]] = ()
    origins: Sequence[str] = ()
    left_behind: Mapping[str, str] = field(default_factory=dict)
    moved_in: Callable[[WorkerConnection, str], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Service(Generic[S]):
    """A service: its parts, in the order in which they apply a batch, and the function that settles due customers.

    ``settle_rebuilt`` takes its place at the end of a rebuild, which restores facts without what follows from them.
    ``tables`` are those with customers, as ``make generate`` writes them. ``extend`` may return a subclass of the
    context with more fields. ``applied`` finds events that reads wait for. ``about`` tells strangers what it is for.
    """

    name: str
    parts: Sequence[Part[S]]
    settings: type[S]
    settle: Settle | None = None
    settle_rebuilt: Settle | None = None
    tables: Sequence[CustomerTable] = ()
    extend: Callable[[Context[S]], Context[S]] = _unchanged
    applied: AppliedAmong = claimed_among
    about: str = ""

    @property
    def subscriptions(self) -> dict[str, Subscription]:
        """The consumer groups that read events, by name."""
        reads = [read for part in self.parts for read in part.reads]
        return subscriptions(self.name, reads, self._merges, self.erasing)

    @property
    def erasing(self) -> Erase:
        """Erases customers: what the parts hold of them, then what the library deletes by itself."""
        parts = [part.erase for part in self.parts if part.erase is not None]
        return erasing_of(parts, self.tables, contacts=not COMPACTED.isdisjoint(published_by(self.name)))

    @property
    def exports(self) -> dict[str, ExportRow]:
        """What makes rows of an export readable, by the name of their table."""
        return {name: row for part in self.parts for name, row in part.export.items()}

    @property
    def more_exports(self) -> dict[str, ExportMore]:
        """What an export has besides rows of tables with customers."""
        return {name: more for part in self.parts for name, more in part.export_more.items()}

    @property
    def left_behind(self) -> dict[str, str]:
        """Tables and columns that stay when a shop moves, and why."""
        return {name: why for part in self.parts for name, why in part.left_behind.items()}

    @property
    def _merges(self) -> list[Merge]:
        return [part.merge for part in self.parts if part.merge is not None]

    @property
    def groups(self) -> list[str]:
        """The names of all consumer groups."""
        records = [f"{self.name}.{read.group}" for part in self.parts for read in part.records]
        return [*self.subscriptions, *records]

    def record_subscriptions(self, context: Context[S]) -> dict[str, RecordSubscription]:
        """The consumer groups that read undecoded records, by name."""
        return {
            f"{self.name}.{read.group}": RecordSubscription(read.pattern, read.process(context))
            for part in self.parts
            for read in part.records
        }

    @property
    def rebuild_subscriptions(self) -> dict[str, Subscription]:
        """The consumer groups of a rebuild, by name."""
        reads = [read for part in self.parts for read in (part.rebuild.reads if part.rebuild else part.reads)]
        merges = [(part.rebuild and part.rebuild.merge) or part.merge for part in self.parts]
        return subscriptions(self.name, reads, [merge for merge in merges if merge is not None], self.erasing)

    @property
    def routers(self) -> list[APIRouter]:
        return [router for part in self.parts for router in part.routers]

    @property
    def expiries(self) -> list[Expiry[S]]:
        return [expiry for part in self.parts for expiry in part.expiries]

    @property
    def origins(self) -> list[str]:
        return [query for part in self.parts for query in part.origins]

    @property
    def measures(self) -> list[Measure]:
        return [measure for part in self.parts for measure in part.measures]


# Of the library's own tables. What waits was claimed when it was set aside: else it could be applied twice.
INVARIANTS = {
    "an event that waits for the lane beside is claimed": """
        SELECT w.shop, w.customer_id, w.id FROM waiting_beside w
        WHERE w.event_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM inbox i WHERE (i.event_id, i.consumer_group) = (w.event_id, w.consumer_group)) LIMIT $1
    """,
    "an alias has a root, which is none": """
        SELECT a.shop, a.customer_id
        FROM customers a LEFT JOIN customers r ON r.shop = a.shop AND r.customer_id = a.merged_into
        WHERE a.merged_into IS NOT NULL AND (r.customer_id IS NULL OR r.merged_into IS NOT NULL) LIMIT $1
    """,
    "nothing of an alias becomes due": """
        SELECT shop, customer_id FROM customers WHERE merged_into IS NOT NULL AND due_at IS NOT NULL LIMIT $1
    """,
    "nothing of an erased customer becomes due": """
        SELECT shop, customer_id FROM customers WHERE erased_at IS NOT NULL AND due_at IS NOT NULL LIMIT $1
    """,
}


async def invariant_violations(service: Service[S], connection: Connection, settings: S) -> list[Violation]:
    """The rows that violate an invariant of ``service``; at most a hundred per query."""
    of_tables = {
        f"an erased customer has no rows of {table.name}": table.of_erased for table in service.tables if table.deleted
    }
    broken = await find_violations(connection, INVARIANTS | of_tables)
    for part in service.parts:
        broken += await find_violations(connection, part.invariants)
        for check in part.checks:
            broken += await check(connection, settings)
    return broken
