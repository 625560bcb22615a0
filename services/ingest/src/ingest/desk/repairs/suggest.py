"""Finds the steps after which an event of a group would be accepted, by trying what may be wrong with it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingest.domain.candidates import Arrival, Refusal
from ingest.domain.documents import read_document
from ingest.domain.mapping import Step, repaired
from ingest.domain.outcomes import Refused
from ingest.domain.suggestions import guesses

# An event with more faults at once is not guessed at, and neither is a larger one: a page waits for it.
STEPS_MAX = 4
BYTES_MAX = 8 * 1024

Read = Callable[[bytes], Arrival]


class Suggestion(NamedTuple):
    """Steps, and of how many of the events that were tried they would make acceptable ones."""

    steps: Sequence[Step]
    accepts: int
    tried: int


def suggest(bodies: Sequence[bytes], read: Read, currency: str) -> Suggestion | None:
    """The first steps that help one of the bodies and most of the others; None if nothing is known."""
    for body in bodies:
        steps = _steps_for(body, read, currency) if len(body) <= BYTES_MAX else None
        if steps is None:
            continue
        accepts = sum(not isinstance(read(repaired(other, steps)), Refusal) for other in bodies)
        if 2 * accepts > len(bodies):
            return Suggestion(steps, accepts, len(bodies))
    return None


def _steps_for(body: bytes, read: Read, currency: str) -> list[Step] | None:
    """Steps that make the body acceptable; no steps if it is by now."""
    steps: list[Step] = []
    met: set[tuple[str, str]] = set()
    now = read(body)
    while isinstance(now, Refusal):
        document = read_document(repaired(body, steps))
        if document is None or len(steps) == STEPS_MAX:
            return None
        met.add((now.code, now.detail))
        for step in guesses(document, Refused(now.code, now.detail), currency):
            then = read(repaired(body, [*steps, step]))
            if not isinstance(then, Refusal) or (then.code, then.detail) not in met:
                steps.append(step)
                now = then
                break
        else:
            return None
    return steps
