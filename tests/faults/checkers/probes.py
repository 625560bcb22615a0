"""I10, truth of probes: unready while the database is lost, ready again soon, always live; and the counts are true."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.subscribers import SUBSCRIBERS

SECONDS = 10.0
# What a worker suffers keeps no process that answers from being ready.
WORKER = "-worker"
DATABASE = frozenset({"postgres", "database"})
BROKER = frozenset({"broker", "kafka"})
PROVIDERS = frozenset({"smtp", "sms", "provider", "providers"})
SERVICES = frozenset({"ingest", "loyalty", "churn", "notify"})
# Faults that take the whole database away; a slow or a full one still answers.
_LOST = ("away", "stop", "kill -9", "black hole")
_ONE_SESSION = "backend"
_BACK_SECONDS = 5.0


class Fault(NamedTuple):
    """Something that was broken from ``began`` to ``ended``."""

    what: str
    target: str
    began: float
    ended: float

    def concerns(self, process: str) -> bool:
        """Whether a process may be away or unready because of it; one without a known target concerns everybody."""
        service = process.partition("-")[0]
        named = self.target.replace(",", " ").split()
        targets = {part.partition("-")[0] for part in named}
        if not targets or targets - (SERVICES | DATABASE | BROKER | PROVIDERS):
            return True
        if targets & DATABASE or (targets & BROKER and service != "ingest"):
            return True
        return any(service == part.partition("-")[0] and (WORKER in process or WORKER not in part) for part in named)


def check(run: Run) -> Finding:
    faults = _faults(run)
    counted, wrong = _counts(run)
    broken = [*_false_for_too_long(run, faults), *_ready_without_a_database(run, faults), *wrong]
    figure = f"{len(run.samples):,} samples through {len(faults):,} faults, {counted:,} events counted as applied"
    return finding("I10 truth of probes", figure, broken)


def _faults(run: Run) -> list[Fault]:
    """The timeline as intervals; what has no end lasted until the stack was healed."""
    begun: dict[tuple[str, str], list[float]] = {}
    faults = []
    for line in run.timeline:
        name = (line["what"], line["target"])
        if line["state"] == "begin":
            begun.setdefault(name, []).append(line["at"])
        elif begun.get(name):
            faults.append(Fault(*name, begun[name].pop(0), line["at"]))
    endless = [Fault(*name, at, run.evidence.healed_at) for name, begins in begun.items() for at in begins]
    return faults + endless


def _false_for_too_long(run: Run, faults: list[Fault]) -> Iterator[str]:
    """Live and ready, but for the time of a fault that concerns the process and ten seconds behind it."""
    since: dict[tuple[str, str], float] = {}
    told: set[tuple[str, str, float]] = set()
    for sample in run.samples:
        process, at = sample["process"], sample["at"]
        excused = any(fault.began <= at <= fault.ended for fault in faults if fault.concerns(process))
        for probe in ("live", "ready"):
            if sample[probe] or excused:
                since.pop((process, probe), None)
                continue
            began = since.setdefault((process, probe), at)
            if at - began > SECONDS and (process, probe, began) not in told:
                told.add((process, probe, began))
                yield f"{process}: not {probe} for more than {SECONDS:.0f} s from {began:.0f} on, and no fault to blame"


def _ready_without_a_database(run: Run, faults: list[Fault]) -> Iterator[str]:
    for fault in faults:
        if not (fault.target in DATABASE and fault.what.startswith(_LOST)) or _ONE_SESSION in fault.what:
            continue
        liars = {
            sample["process"]
            for sample in run.samples
            if fault.began + SECONDS < sample["at"] < fault.ended - _BACK_SECONDS and sample["ready"]
        }
        yield from (
            f"{process}: ready {SECONDS:.0f} s into '{fault.what}' of its database" for process in sorted(liars)
        )


def _counts(run: Run) -> tuple[int, list[str]]:
    """Each group's own durable count is that of the events it had to apply, type by type."""
    applied: dict[str, Mapping[str, Any]] = {group: {} for group in SUBSCRIBERS}
    for service in {reads.service for reads in SUBSCRIBERS.values()}:
        for row in run.rows(service, "applied"):
            applied[row["consumer_group"]] = {**applied[row["consumer_group"]], row["type"]: row["events"]}
    wrong = []
    for group, counts in applied.items():
        letters = run.set_aside(group)
        due = Counter(event.type for id_, event in run.wanted_by(group).items() if id_ not in letters)
        wrong += [
            f"{group} counts {counts.get(type_, 0)} {type_} as applied, of {due[type_]}"
            for type_ in sorted(due.keys() | counts.keys())
            if counts.get(type_, 0) != due[type_]
        ]
    return sum(sum(counts.values()) for counts in applied.values()), wrong + _counts_of_the_journal(run)


def _counts_of_the_journal(run: Run) -> list[str]:
    """By type, the history holds what the client was promised, and beyond it only what it was never told of."""
    promised = Counter(event.type for event in run.journal.kept.values())
    stored: Counter[str] = Counter()
    for id_ in run.journal.told:
        stored.update(row["type"] for row in run.history.get(id_, ()))
    open_ = Counter(
        row["type"] for id_ in run.journal.open - run.journal.kept.keys() for row in run.history.get(id_, ())
    )
    return [
        f"the history holds {stored[type_]} {type_}, {promised[type_]} were promised and {open_[type_]} left open"
        for type_ in sorted(stored.keys() | promised.keys())
        if stored[type_] != promised[type_] + open_[type_]
    ]
