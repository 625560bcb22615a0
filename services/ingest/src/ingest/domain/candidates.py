"""What stands in the hallway: an event that may be accepted, or one that was refused on the way."""

from dataclasses import dataclass

from ingest.domain.outcomes import Result, Status, status_of
from ingest.domain.profile import Profile
from ingest.domain.sources import Source
from mandegar.events import Event


@dataclass(slots=True)
class Candidate:
    """A normalised event before the history has been asked whether it is new; ``keep`` is its reading's.

    ``published`` is false for what changes nothing downstream: orders of a source that is no record of orders, and
    what only speaks of the customer. ``order_id`` is set for everything about an order. ``body`` is as received.
    """

    index: int
    native_id: str
    source: Source
    event: Event
    body: bytes
    body_hash: bytes
    order_id: str | None = None
    patch: Profile | None = None
    published: bool = True
    keep: bool = False
    code: str | None = None
    detail: str | None = None

    @property
    def waits(self) -> bool:
        """Whether the customer is still to be found by the order."""
        return self.event.customer_id is None


@dataclass(slots=True)
class Refusal:
    """An event that cannot be applied as it is, with its answer. ``body`` is kept only if it is quarantined.

    ``keep`` quarantines even what is unreadable or not allowed: for doors without a caller to tell.
    """

    index: int
    native_id: str | None
    source: Source
    code: str
    detail: str
    body: bytes
    keep: bool = False

    @property
    def status(self) -> Status:
        return "quarantined" if self.keep else status_of(self.code)

    def result(self) -> Result:
        return Result(self.index, self.native_id, self.status, self.code, self.detail)


def refuse(candidate: Candidate, code: str, detail: str) -> Refusal:
    """The refusal of an event that had come as far as the hallway."""
    return Refusal(candidate.index, candidate.native_id, candidate.source, code, detail, candidate.body, candidate.keep)


Arrival = Candidate | Refusal
