"""Metrics of the doors. Labels are stable codes, never shops or customers."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import Counter

from ingest.domain.outcomes import Result

ANSWERS = Counter("ingest_events_total", "Events answered, by outcome", ["door", "status", "code"])


def count_answers(door: str, results: Iterable[Result]) -> None:
    """Count results by door, status and code."""
    tally = Tally((result.status, result.code or "") for result in results)
    for (status, code), count in tally.items():
        ANSWERS.labels(door, status, code).inc(count)
