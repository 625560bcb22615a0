"""I2, no double: one effect per cause, whatever was sent, published or applied again."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

from faults.checkers.finding import Finding, finding
from faults.checkers.versions import BANDS
from faults.observed import Run
from mandegar.events import Event, derived_id
from mandegar.events.registry import INTERACTION_TYPES
from mandegar.events.topics import CHURN_EVENTS, INGEST_EVENTS, LOYALTY_EVENTS

POSTINGS = ("points.posted", "credit.posted")


def check(run: Run) -> Finding:
    broken = [
        *_twice_in_the_history(run),
        *_entries_without_a_cause_of_their_own(run),
        *_entries_told_twice(run),
        *_versions_told_twice(run),
        *_decisions_sent_twice(run),
        *_interactions_counted_twice(run),
    ]
    entries, sends = len(run.rows("loyalty", "entries")), len(run.rows("notify", "sends"))
    return finding("I2 no double", f"{entries:,} ledger entries and {sends:,} sends, each once", broken)


def _twice_in_the_history(run: Run) -> Iterator[str]:
    rows = Counter((row["source_id"], row["native_id"]) for row in run.rows("ingest", "events"))
    yield from (f"{native_id}: {times} times in the history" for (_, native_id), times in rows.items() if times > 1)


def _entries_without_a_cause_of_their_own(run: Run) -> Iterator[str]:
    """An entry's id says which effect it is, and the how-many-th word on it: nobody can have written it twice."""
    words: dict[tuple[UUID, str, str, UUID | None], set[UUID]] = defaultdict(set)
    for row in run.rows("loyalty", "entries"):
        words[row["lot_id"], row["kind"], row["bucket"], row["cause"]].add(row["entry_id"])
    for (lot, kind, bucket, cause), ids in words.items():
        effect = f"{lot}|{kind.removeprefix('credit.')}|{bucket}|{cause or ''}"
        due = {derived_id("loyalty", effect, "points.posted", nth) for nth in range(len(ids))}
        yield from (f"entry {id_} ({kind}): not an effect of its cause" for id_ in sorted(ids - due))


def _entries_told_twice(run: Run) -> Iterator[str]:
    if "loyalty" in run.restored:
        return
    told = Counter(entry.entry_id for event in run.of(LOYALTY_EVENTS, *POSTINGS) for entry in event.data.entries)
    yield from (f"entry {id_}: in {times} postings" for id_, times in told.items() if times > 1)


def _versions_told_twice(run: Run) -> Iterator[str]:
    """Derived facts of a customer are counted: two different events with one number are one fact too many."""
    loyalty = run.of(LOYALTY_EVENTS, *POSTINGS, "tier.changed")
    for service, events in (("loyalty", loyalty), ("churn", run.of(CHURN_EVENTS, *BANDS))):
        if service not in run.restored:
            yield from _same_version(service, events)


def _same_version(service: str, events: Iterable[Event]) -> Iterator[str]:
    told = Counter((event.customer, event.data.version) for event in events)
    for (customer, version), times in told.items():
        if times > 1:
            yield f"{customer.shop}:{customer.customer_id}: {times} events of {service} are version {version}"


def _decisions_sent_twice(run: Run) -> Iterator[str]:
    sends = Counter((row["journey"], row["cause_id"], row["channel"]) for row in run.rows("notify", "sends"))
    yield from (f"{journey} for {cause}: {n} sends" for (journey, cause, _), n in sends.items() if n > 1)


def _interactions_counted_twice(run: Run) -> Iterator[str]:
    """Where an event is only counted, the count is that of the events."""
    told = Counter(run.person(event) for event in run.of(INGEST_EVENTS, *INTERACTION_TYPES))
    for row in run.rows("churn", "customers"):
        due = told[row["shop"], row["customer_id"]]  # type: ignore[index]  # a key equals its plain tuple
        if row["interactions"] > due:
            yield f"{row['shop']}:{row['customer_id']}: {row['interactions']} interactions counted of {due}"
