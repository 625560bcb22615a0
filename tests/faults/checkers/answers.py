"""I12, answers: stable codes for what is bad, never a 500; overload says when to come again; a no means not done."""

from collections import Counter
from collections.abc import Iterator

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.journal import KEPT, NOT_NOTED
from ingest.domain.outcomes import NOTES, QUARANTINED, REJECTED, RETRY, SUPPRESSED

STATUSES = frozenset({200, 202, 400, 401, 408, 413, 415, 422, 429, 503})
COME_AGAIN = frozenset({429, 503})
CODES: dict[str, frozenset[str | None]] = {
    "accepted": NOTES | {None},
    "duplicate": frozenset({None}),
    "quarantined": QUARANTINED,
    "rejected": REJECTED,
    "retry": RETRY,
    "suppressed": SUPPRESSED,
}


def check(run: Run) -> Finding:
    statuses = Counter(a.status for request in run.journal.requests for a in request.attempts if a.status is not None)
    answers = ", ".join(f"{count:,} times {status}" for status, count in sorted(statuses.items()))
    broken = [*_wrong_status(run), *_no_word_when(run), *_wrong_code(run), *_done_behind_a_no(run)]
    return finding("I12 answers", f"answered {answers}" if answers else "answered nothing", broken)


def _wrong_status(run: Run) -> Iterator[str]:
    """A 500 is the right answer to nothing but an exception that was put into the process on purpose."""
    raised = any(line["what"] == "failpoint" and line["target"].endswith(":raise") for line in run.timeline)
    for request in run.journal.requests:
        for attempt in request.attempts:
            if attempt.status is not None and attempt.status not in STATUSES and not (raised and attempt.status == 500):
                yield f"request {request.number}: answered {attempt.status}"


def _no_word_when(run: Run) -> Iterator[str]:
    """Only where the client notes the header: the journal's ``retry_after``."""
    for request in run.journal.requests:
        for attempt in request.attempts:
            if attempt.status in COME_AGAIN and attempt.retry_after is not NOT_NOTED and not attempt.retry_after:
                yield f"request {request.number}: answered {attempt.status} without Retry-After"


def _wrong_code(run: Run) -> Iterator[str]:
    for event, result in run.journal.answers():
        if result.code not in CODES.get(result.status, ()):
            yield f"{event.id}: {result.status} with {result.code}, which is no code of that"
        if not event.valid and result.status in KEPT and event.id not in run.journal.contested:
            yield f"{event.id}: a bad event, {result.status}"


def _done_behind_a_no(run: Run) -> Iterator[str]:
    """What the client was told is not kept, and never told anything else about, is not in the history."""
    journal = run.journal
    for id_ in sorted(journal.told - journal.kept.keys() - journal.open):
        if id_ in run.history:
            yield f"{id_}: in the history behind a no"
