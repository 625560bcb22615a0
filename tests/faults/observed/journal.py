"""The client's own journal: what it asked for, and what it was told."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from faults.journal import read_lines

KEPT = frozenset({"accepted", "duplicate"})


class Told(NamedTuple):
    """An event that the client sent. ``valid`` is what the client meant it to be."""

    id: str | None
    type: str
    customer: str | None
    valid: bool


class Result(NamedTuple):
    """The door's answer for one event."""

    id: str | None
    status: str
    code: str | None


class Attempt(NamedTuple):
    """One try of a request: ``ok``, ``fail`` or ``unknown``; ``seconds`` it took to come to that."""

    kind: str
    status: int | None
    seconds: float
    retry_after: Any
    """What the answer's header said; ``NOT_NOTED`` where the client does not journal it."""


NOT_NOTED = object()


@dataclass
class Request:
    """One request, tried until it was answered; a try without an end is one that nobody knows of."""

    number: int
    events: list[Told] = field(default_factory=list)
    invoked: list[float] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    results: list[Result] | None = None

    @property
    def open(self) -> bool:
        """Whether a try may have stored its events although the client was not told so."""
        lost = len(self.invoked) > len(self.attempts)
        return lost or any(one.kind == "unknown" or one.status == 503 for one in self.attempts)

    def answers(self) -> Iterator[tuple[Told, Result]]:
        """Each event with its result: in input order, or where one result speaks for a whole body, by id."""
        results = self.results or []
        if len(results) == len(self.events):
            yield from zip(self.events, results, strict=True)
            return
        by_id = {event.id: event for event in self.events}
        yield from ((by_id[result.id], result) for result in results if result.id in by_id)


@dataclass(frozen=True)
class Journal:
    """All requests of a run, in the order of their numbers."""

    requests: list[Request]

    def answers(self) -> Iterator[tuple[Told, Result]]:
        for request in self.requests:
            yield from request.answers()

    @cached_property
    def kept(self) -> dict[str, Told]:
        """What the door promised, by the client's id: accepted, now or before."""
        return {event.id: event for event, result in self.answers() if event.id and result.status in KEPT}

    @cached_property
    def open(self) -> set[str]:
        """Ids that the door may have kept without a word of it."""
        return {event.id for request in self.requests if request.open for event in request.events if event.id}

    @cached_property
    def told(self) -> set[str]:
        """Every id that was ever sent."""
        return {event.id for request in self.requests for event in request.events if event.id}

    @cached_property
    def contested(self) -> set[str]:
        """Ids under which the client sent a good event and a bad one: whichever came first is right."""
        said = {(e.id, e.valid) for request in self.requests for e in request.events if e.id}
        return {id_ for id_, times in Counter(id_ for id_, _ in said).items() if times > 1}


def read_journal(path: Path) -> Journal:
    """The requests in a journal."""
    requests: dict[int, Request] = {}
    for line in read_lines(path):
        request = requests.setdefault(line["request"], Request(line["request"]))
        if line.get("events"):
            request.events = [Told(e.get("id"), e["type"], e.get("customer"), e["valid"]) for e in line["events"]]
        if line["kind"] == "invoke":
            request.invoked.append(line["at"])
            continue
        seconds = line["at"] - request.invoked[-1]
        request.attempts.append(Attempt(line["kind"], line.get("status"), seconds, line.get("retry_after", NOT_NOTED)))
        if line.get("results") is not None:
            request.results = [Result(r.get("id"), r["status"], r.get("code")) for r in line["results"]]
    return Journal([requests[number] for number in sorted(requests)])
