"""I1, no loss: whatever the door kept is in the history, on the topic, and applied or set aside by every subscriber."""

from collections.abc import Iterator

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.journal import KEPT
from faults.observed.subscribers import SUBSCRIBERS
from faults.observed.tables import Row
from mandegar.events.topics import INGEST_EVENTS

# Ingest publishes these by itself, under its own ids, once they changed anything.
ABOUT_CUSTOMER = frozenset({"customer.updated", "consent.changed"})


def check(run: Run) -> Finding:
    kept = run.journal.kept
    broken = [*_nothing_was_shown(run), *_not_kept(run), *_not_published(run), *_not_applied(run)]
    applied = {group: len(inbox) for group, inbox in run.inboxes.items() if group in SUBSCRIBERS}
    figure = f"{len(kept):,} ids kept, applied " + ", ".join(f"{n:,} by {group}" for group, n in applied.items())
    return finding("I1 no loss", figure, broken)


def _nothing_was_shown(run: Run) -> Iterator[str]:
    if not run.journal.kept:
        yield "the journal holds no event that was kept"


def _not_kept(run: Run) -> Iterator[str]:
    """Every answer is true: accepted is in the history, quarantined in quarantine under the code that was told."""
    quarantine = {(row["native_id"], row["code"]) for row in run.rows("ingest", "quarantine")}
    for event, result in run.journal.answers():
        if result.status in KEPT and event.id not in run.history:
            yield f"{event.id}: {result.status}, and not in the history"
        named = {(event.id, result.code), (None, result.code)}  # what could not be read may be kept without its id
        if result.status == "quarantined" and not named & quarantine:
            yield f"{event.id}: quarantined with {result.code}, and not in quarantine"


def _not_published(run: Run) -> Iterator[str]:
    """An accepted event is on the topic, unless it stands in the history alone for a reason of its own."""
    published = run.events.get(INGEST_EVENTS, {})
    waiting = {row["event_id"] for row in run.rows("ingest", "waiting_refunds")}
    for row in run.rows("ingest", "events"):
        if row["published"] and row["event_id"] not in published and row["type"] not in ABOUT_CUSTOMER:
            yield f"{row['native_id']}: accepted, and not on the topic"
        if not row["published"] and not _stands_alone(row) and row["event_id"] not in waiting:
            yield f"{row['native_id']}: accepted, never published, and nothing waits for it"


def _stands_alone(row: Row) -> bool:
    return row["code"] == "history_only" or row["type"] in ABOUT_CUSTOMER


def _not_applied(run: Run) -> Iterator[str]:
    """What the client was promised has reached every subscriber that wants it."""
    published = run.events.get(INGEST_EVENTS, {})
    for group in SUBSCRIBERS:
        wanted, inbox, letters = run.wanted_by(group), run.inboxes[group], run.set_aside(group)
        for native_id in run.journal.kept:
            for row in run.history.get(native_id, ()):
                id_ = row["event_id"]
                if id_ in published and id_ in wanted and not inbox[id_] and id_ not in letters:
                    yield f"{native_id}: published, and neither applied nor set aside by {group}"
