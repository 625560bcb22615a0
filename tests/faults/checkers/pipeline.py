"""I4, the pipeline: every outbox is empty, what left it is on its topic, and stands once in each subscriber's inbox."""

from collections.abc import Iterator

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.subscribers import SUBSCRIBERS
from faults.observed.tables import SERVICES
from mandegar.events import decode
from mandegar.events.topics import INGEST_CONTACTS


def check(run: Run) -> Finding:
    published = sum(len(run.rows(service, "outbox_published")) for service in SERVICES)
    records, distinct = len(run.topics.records), sum(len(events) for events in run.events.values())
    figure = f"{published:,} rows left the outboxes, {records:,} records on the topics, {distinct:,} events"
    return finding("I4 pipeline", figure, [*_left_over(run), *_not_on_the_topic(run), *_not_once_in_an_inbox(run)])


def _left_over(run: Run) -> Iterator[str]:
    for service in SERVICES:
        yield from (f"{service}: row {row['id']} for {row['topic']} waits" for row in run.rows(service, "outbox"))


def _not_on_the_topic(run: Run) -> Iterator[str]:
    newer = {record.key for record in run.topics.records if record.topic == INGEST_CONTACTS}
    for service in SERVICES:
        for row in run.rows(service, "outbox_published"):
            id_ = decode(row["value"]).id
            compacted = row["topic"] == INGEST_CONTACTS and row["key"] in newer
            if id_ not in run.events.get(row["topic"], {}) and not compacted:
                yield f"{service}: {id_} left the outbox and is not on {row['topic']}"


def _not_once_in_an_inbox(run: Run) -> Iterator[str]:
    for group in SUBSCRIBERS:
        inbox, letters = run.inboxes[group], run.set_aside(group)
        for id_, event in run.wanted_by(group).items():
            if not inbox[id_] and id_ not in letters:
                yield f"{group}: {event.type} {id_} is not in the inbox"
        yield from (f"{group}: {id_} is {times} times in the inbox" for id_, times in inbox.items() if times > 1)
