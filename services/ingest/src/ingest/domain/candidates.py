"""What a door passes on: a candidate for acceptance, or a refused event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ingest.domain.links import Link
from ingest.domain.order_owner import ACCOUNT, GUEST, rank
from ingest.domain.outcomes import Result, Status, status_of
from ingest.domain.profile import Fields
from ingest.domain.sources import Source
from mandegar.events import Event

_HISTORY_ONLY = (
    "stored in the history only: this source is not the shop's record of orders. An operator can make it the record "
    'for later events with PATCH /v1/sources/{source_id} {"record_of_orders": true}'
)
_WAITING = "it names no customer and will be published once its order arrives"


@dataclass(slots=True)
class Candidate:
    """A normalised event that may have been accepted before.

    ``published`` is false if the other services do not receive it: orders of a source that is not the record of orders,
    and changes of a profile, of which snapshots are published. ``order_id`` is set in every event about an order.
    ``links`` are other ids of its customer that it states.
    ``flags`` are the channels on which it grants consent without a time, each with the pseudonym of its address.
    ``returned`` means that its sender corrects it if it is refused: it is never put in quarantine.
    ``waited_since`` is when an event was received that comes out of quarantine: its source may have been closed since,
    and whether it is the record of orders was decided then.
    ``place`` is where it was found, of an event that has no id of its own: two with one body are two.
    ``read_again`` reads another body as this event was read, under the same settings and at the same moment.
    """

    index: int
    native_id: str
    source: Source
    event: Event
    body: bytes
    body_hash: bytes
    order_id: str | None = None
    patch: Fields | None = None
    links: tuple[Link, ...] = ()
    flags: Mapping[str, str | None] = field(default_factory=dict)
    published: bool = True
    keep_rejected: bool = False
    returned: bool = False
    waited_since: datetime | None = None
    place: str | None = None
    code: str | None = None
    detail: str | None = None
    read_again: "Callable[[bytes], Arrival] | None" = None

    def note(self, code: str, detail: str) -> None:
        """Tell the sender something about the event besides that it is accepted, once. The first code stands."""
        if detail in (self.detail or ""):  # the transaction may be tried again
            return
        self.code = self.code or code
        self.detail = detail if self.detail is None else f"{self.detail}; {detail}"

    def count_order(self, *, counts: bool) -> None:
        """Set whether this event about an order is published: it is if its source is the record of orders."""
        self.published, self.code, self.detail = counts, None, None
        if not counts:
            self.code, self.detail = "history_only", _HISTORY_ONLY
        elif self.awaits_order:
            self.code, self.detail = "waiting_for_order", _WAITING

    @property
    def order(self) -> tuple[str, str]:
        """Shop and order id of an event about an order."""
        return self.event.shop, self.order_id or ""

    @property
    def names_no_account(self) -> bool:
        """Whether it names a guest, a browser or nobody, so that an account may own its order."""
        customer = self.event.customer_id
        return customer is None or rank(customer) < ACCOUNT

    @property
    def awaits_order(self) -> bool:
        """Whether the customer has to be found by the order."""
        return self.event.customer_id is None

    @property
    def names_guest(self) -> bool:
        """Whether it names a guest, who may turn out to be an account."""
        customer = self.event.customer_id
        return customer is not None and rank(customer) == GUEST

    @property
    def names(self) -> frozenset[str]:
        """The ids of its customer that it states."""
        return frozenset({self.event.customer_id or "", *(link.alias for link in self.links)} - {""})

    @property
    def is_read(self) -> bool:
        """Whether the other services receive it, or what it changes."""
        return self.published or self.patch is not None

    def result(self, status: Status, code: str | None = None, detail: str | None = None) -> Result:
        """The answer about a stored event; one that other services never receive has no ``event_id`` to wait for."""
        return Result(self.index, self.native_id, status, code, detail, self.event.id if self.is_read else None)


@dataclass(slots=True)
class Refusal:
    """An event that cannot be accepted as it is, and why.

    ``keep_rejected`` quarantines what would be rejected: a door without a caller cannot answer. Of a browser source,
    whose key is public, nothing unusable is stored, and nothing that is ``returned`` to its sender. ``sent_at`` is the
    time of an event that states none. ``names`` finds the ids of the customers whom it names. ``place`` is where one
    without an id of its own was found.
    """

    index: int
    native_id: str | None
    source: Source
    code: str
    detail: str
    body: bytes
    keep_rejected: bool = False
    sent_at: datetime | None = None
    names: Callable[[], frozenset[str]] = frozenset
    returned: bool = False
    place: str | None = None

    @property
    def status(self) -> Status:
        if self.keep_rejected:
            return "quarantined"
        return "rejected" if self.returned or self.source.trust == "browser" else status_of(self.code)

    def result(self) -> Result:
        return Result(self.index, self.native_id, self.status, self.code, self.detail)


def refuse(candidate: Candidate, code: str, detail: str) -> Refusal:
    """The candidate, refused."""
    index, native_id, keep, event = candidate.index, candidate.native_id, candidate.keep_rejected, candidate.event
    names = candidate.names
    return Refusal(
        index, native_id, candidate.source, code, detail, candidate.body, keep, event.time,
        names=lambda: names, returned=candidate.returned, place=candidate.place,
    )  # fmt: skip


Arrival = Candidate | Refusal
