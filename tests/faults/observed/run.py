"""Everything that a run left behind, read once and indexed by what checkers ask for."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from faults.evidence import Evidence
from faults.journal import read_lines
from faults.observed.committed import committed_offsets
from faults.observed.journal import Journal, read_journal
from faults.observed.subscribers import SUBSCRIBERS
from faults.observed.tables import SERVICES, Row, Tables, read_tables
from faults.topic_dump import TopicDump, dump_topics
from loyalty.programme.document import types_of_acts
from mandegar.customers.locking import root_of
from mandegar.events import CustomerKey, Event, UnreadableEvent, decode
from mandegar.events.registry import IDENTITY_TYPES
from mandegar.events.topics import INGEST_EVENTS

LOOKS_MAX = 5


class NotAtRest(RuntimeError):
    """The stack went on while it was looked at: what was read would not fit together."""


@dataclass(frozen=True)
class Run:
    """A run after it came to rest."""

    evidence: Evidence
    journal: Journal
    topics: TopicDump
    committed: Mapping[tuple[str, str, int], int]
    tables: Mapping[str, Tables]
    calls: Sequence[Mapping[str, Any]]
    samples: Sequence[Mapping[str, Any]]
    timeline: Sequence[Mapping[str, Any]]
    reads: Sequence[Mapping[str, Any]]

    def rows(self, service: str, table: str) -> list[Row]:
        return self.tables[service][table]

    @cached_property
    def events(self) -> dict[str, dict[UUID, Event]]:
        """Every readable event of each topic by its id: its first record counts, as it does for an inbox."""
        first: dict[str, dict[UUID, Event]] = defaultdict(dict)
        for record in self.topics.records:
            try:
                event = decode(record.value)
            except UnreadableEvent:
                continue
            first[record.topic].setdefault(event.id, event)
        return dict(first)

    def of(self, topic: str, *types: str) -> list[Event]:
        """The events of a topic that are of these types (of any, without types), each once."""
        return [event for event in self.events.get(topic, {}).values() if not types or event.type in types]

    @cached_property
    def roots(self) -> dict[CustomerKey, CustomerKey]:
        """The customer whom each alias has turned out to be, by the last that the topic says of it."""
        last: dict[CustomerKey, Event] = {}
        for event in sorted(self.of(INGEST_EVENTS, *IDENTITY_TYPES), key=lambda event: int(event.data.version)):
            last[CustomerKey(event.shop, event.data.alias)] = event
        into = {
            alias: CustomerKey(event.shop, event.data.root)
            for alias, event in last.items()
            if event.type == "customer.merged"
        }
        return {alias: root_of(alias, into) for alias in into}

    def person(self, event: Event) -> CustomerKey:
        """The customer of an event, under the id that was their last one."""
        return self.roots.get(event.customer, event.customer)

    def wanted_by(self, group: str) -> dict[UUID, Event]:
        """The events that a consumer group has to apply, by id."""
        reads = SUBSCRIBERS[group]
        events = (event for topic in reads.topics for event in self.of(topic, *reads.types))
        return {event.id: event for event in events if event.type not in reads.acts or self._is_ruled(event)}

    def _is_ruled(self, act: Event) -> bool:
        """Whether a version of the shop's programme that was there when the act happened has a rule about it."""
        versions = [row for row in self.rows("loyalty", "programmes") if row["shop"] == act.shop]
        return any(row["created_at"] <= act.time and act.type in types_of_acts(row["document"]) for row in versions)

    @cached_property
    def inboxes(self) -> dict[str, Counter[UUID]]:
        """How often each event id stands in each group's inbox."""
        found: dict[str, Counter[UUID]] = {group: Counter() for group in SUBSCRIBERS}
        for service in SERVICES:
            for row in self.rows(service, "inbox"):
                found.setdefault(row["consumer_group"], Counter())[row["event_id"]] += 1
        return found

    def set_aside(self, group: str) -> set[UUID]:
        """Events that are dead letters of a group and were not released."""
        letters = self.rows(SUBSCRIBERS[group].service, "dead_letters")
        return {
            row["event_id"]
            for row in letters
            if row["consumer_group"] == group and row["event_id"] is not None and row["released_at"] is None
        }

    @cached_property
    def restored(self) -> set[str]:
        """Services whose database was put back to an older one: what they had told since, they tell again."""
        return {str(line["target"]) for line in self.timeline if str(line["what"]).startswith("restore")}

    @cached_property
    def history(self) -> dict[str, list[Row]]:
        """Ingest's history by the id that the client gave."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows("ingest", "events"):
            found[row["native_id"]].append(row)
        return dict(found)


async def observe(evidence: Evidence) -> Run:
    """Read everything, again if anything moved meanwhile: a late answer may still settle an unknown send.

    A database that is missing is an error: nothing may pass unseen.
    """
    for _ in range(LOOKS_MAX):
        stood = await _read_all_tables(evidence)
        topics = await dump_topics(evidence.kafka_bootstrap, evidence.topic_prefix)
        tables = await _read_all_tables(evidence)
        if _place(stood) == _place(tables):
            break
    else:
        raise NotAtRest(f"something was published or applied during each of {LOOKS_MAX} looks: wait, and check again")
    return Run(
        evidence=evidence,
        journal=read_journal(evidence.journal),
        topics=topics,
        committed=await committed_offsets(evidence.kafka_bootstrap, evidence.topic_prefix),
        tables=tables,
        calls=read_lines(evidence.calls),
        samples=read_lines(evidence.samples),
        timeline=read_lines(evidence.timeline),
        reads=read_lines(evidence.reads),
    )


async def _read_all_tables(evidence: Evidence) -> dict[str, Tables]:
    tables = await asyncio.gather(*(read_tables(service, evidence.databases[service]) for service in SERVICES))
    return dict(zip(SERVICES, tables, strict=True))


def _place(tables: Mapping[str, Tables]) -> list[object]:
    """How far the stream had come."""
    return [
        (len(rows["outbox"]), len(rows["outbox_published"]), sum(row["next_offset"] for row in rows["offsets"]))
        for rows in tables.values()
    ]
