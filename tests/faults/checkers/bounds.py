"""I9, bounds: no service outgrows its memory and its open files, and neither goes on growing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import median

from faults.checkers.finding import Finding, finding
from faults.observed import Run

RSS_MAX_MB = 150.0
FDS_MAX = 256
WARM_UP_SAMPLES = 15
SAMPLES_MIN = 60
RESTARTED = 0.7
GROWTH_MAX = {"rss_mb": (1.15, 5.0), "fds": (1.15, 10.0)}
"""How much the last third of a run may lie above the first: a factor, and a little on top."""


def check(run: Run) -> Finding:
    series = _series(run)
    most = {what: max((max(s) for (_, w), s in series.items() if w == what), default=0.0) for what in GROWTH_MAX}
    figure = f"at most {most['rss_mb']:.0f} MB and {most['fds']:.0f} open files in {len(run.samples):,} samples"
    return finding("I9 bounds", figure, [*_nothing_seen(run), *_too_much(series), *_growing(series)])


def _series(run: Run) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for sample in run.samples:
        for what in GROWTH_MAX:
            if sample[what] is not None:
                found[sample["process"], what].append(sample[what])
    return dict(found)


def _nothing_seen(run: Run) -> Iterator[str]:
    seen = {sample["process"] for sample in run.samples if sample["rss_mb"] is not None}
    processes = [name for service in run.evidence.services for name in (service, f"{service}-worker")]
    yield from (f"{process}: no sample" for process in processes if process not in seen)


def _too_much(series: dict[tuple[str, str], list[float]]) -> Iterator[str]:
    for (process, what), values in series.items():
        limit = RSS_MAX_MB if what == "rss_mb" else FDS_MAX
        if max(values) > limit:
            yield f"{process}: {what} came to {max(values):.0f} of {limit:.0f}"


def _growing(series: dict[tuple[str, str], list[float]]) -> Iterator[str]:
    for (process, what), values in series.items():
        factor, more = GROWTH_MAX[what]
        for life in _lives(values):
            settled = life[WARM_UP_SAMPLES:]
            if len(settled) >= SAMPLES_MIN:
                first, last = _thirds(settled)
                if last > first * factor + more:
                    yield f"{process}: {what} grew from {first:.0f} to {last:.0f}"


def _lives(values: Sequence[float]) -> list[list[float]]:
    """The samples from one start to the next: what is started again begins small."""
    lives: list[list[float]] = [[]]
    for value in values:
        if lives[-1] and value < lives[-1][-1] * RESTARTED:
            lives.append([])
        lives[-1].append(value)
    return lives


def _thirds(values: Sequence[float]) -> tuple[float, float]:
    third = len(values) // 3
    return median(values[:third]), median(values[-third:])
