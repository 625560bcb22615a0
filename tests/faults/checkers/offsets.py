"""I5, offsets: every move began where the last one ended and went forward, up to the end of the log."""

from collections.abc import Iterator
from itertools import pairwise

from faults.checkers.finding import Finding, finding
from faults.observed import Run
from faults.observed.subscribers import SUBSCRIBERS
from faults.observed.tables import SERVICES, Row

Place = tuple[str, str, int]


def check(run: Run) -> Finding:
    history, stored = _history(run), _stored(run)
    moves = sum(len(rows) for rows in history.values())
    broken = [*_torn(history), *_not_where_they_ended(history, stored), *_not_at_the_end(run, stored)]
    return finding("I5 offsets", f"{moves:,} moves of {len(history):,} offsets, all at their log's end", broken)


def _history(run: Run) -> dict[Place, list[Row]]:
    """The moves of each offset, as its own trigger noted them."""
    found: dict[Place, list[Row]] = {}
    for service in SERVICES:
        for row in run.rows(service, "fault_offsets"):
            found.setdefault(_place(row), []).append(row)
    return found


def _stored(run: Run) -> dict[Place, int]:
    return {_place(row): row["next_offset"] for service in SERVICES for row in run.rows(service, "offsets")}


def _torn(history: dict[Place, list[Row]]) -> Iterator[str]:
    for place, moves in history.items():
        for move in moves:
            if move["old"] is not None and move["new"] < move["old"]:
                yield f"{_named(place)}: went back from {move['old']} to {move['new']}"
        for last, following in pairwise(moves):
            if following["old"] != last["new"]:
                yield f"{_named(place)}: moved to {last['new']}, then on from {following['old']}"


def _not_where_they_ended(history: dict[Place, list[Row]], stored: dict[Place, int]) -> Iterator[str]:
    for place, moves in history.items():
        if stored.get(place) != moves[-1]["new"]:
            yield f"{_named(place)}: last moved to {moves[-1]['new']}, stands at {stored.get(place)}"


def _not_at_the_end(run: Run, stored: dict[Place, int]) -> Iterator[str]:
    """Applied to the end of every log that is read, and Kafka was never told more than that."""
    reads = {(group, topic) for group, subscriber in SUBSCRIBERS.items() for topic in subscriber.topics}
    reads |= {(group, topic) for group, topic, _ in stored}
    for group, topic in sorted(reads):
        for (name, partition), end in run.topics.ends.items():
            stands = stored.get((group, topic, partition), 0)
            if name == topic and stands != end:
                yield f"{_named((group, topic, partition))}: stands at {stands} of {end}"
    for place, told in run.committed.items():
        if told > stored.get(place, 0):
            yield f"{_named(place)}: Kafka was told {told}, the database stands at {stored.get(place, 0)}"


def _place(row: Row) -> Place:
    return row["consumer_group"], row["topic"], row["partition"]


def _named(place: Place) -> str:
    group, topic, partition = place
    return f"{group} on {topic}-{partition}"
