"""I11, isolation: a good event is kept and applied whatever came beside it."""

from collections.abc import Iterator
from statistics import quantiles

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.journal import KEPT
from faults.observed.subscribers import SUBSCRIBERS


def check(run: Run) -> Finding:
    told = [event for request in run.journal.requests for event in request.events]
    good, bad = sum(event.valid for event in told), sum(not event.valid for event in told)
    figure = f"{good:,} good events beside {bad:,} bad ones{_latency(run)}"
    return finding("I11 isolation", figure, [*_refused(run), *_set_aside(run)])


def _refused(run: Run) -> Iterator[str]:
    for event, result in run.journal.answers():
        if event.valid and result.status not in KEPT and event.id not in run.journal.contested:
            yield f"{event.id}: a good event, {result.status} with {result.code}"


def _set_aside(run: Run) -> Iterator[str]:
    good = {
        row["event_id"]: id_
        for id_, event in run.journal.kept.items()
        if event.valid
        for row in run.history.get(id_, ())
    }
    for group in SUBSCRIBERS:
        for id_ in run.set_aside(group) & good.keys():
            yield f"{good[id_]}: a good event, and a dead letter of {group}"


def _latency(run: Run) -> str:
    """Tries that were answered with results, bad company or not."""
    seconds = [
        attempt.seconds
        for request in run.journal.requests
        for attempt in request.attempts
        if attempt.kind == "ok" and any(event.valid for event in request.events)
    ]
    if len(seconds) < 100:
        return ""
    return f", 99 % of their requests answered within {quantiles(seconds, n=100)[98] * 1000:.0f} ms"
