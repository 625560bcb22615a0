"""From the form of a shop to the canonical event: the same input gives the same event on any replica."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID, uuid5

from ingest.domain import acts
from ingest.domain.candidates import Candidate
from ingest.domain.customer_ids import customer_id
from ingest.domain.event_time import event_time
from ingest.domain.forms import ConsentChangeForm, ConsentForm, CustomerForm, EventForm
from ingest.domain.outcomes import Refused
from ingest.domain.patches import Patch, says_anything
from ingest.domain.sources import Source
from mandegar.events import Event
from mandegar.events.envelope import NAMESPACE
from mandegar.events.ingest import CustomerUpdated
from mandegar.events.registry import INTERACTION_TYPES, ORDER_TYPES

# These may name their customer by naming the order.
FINDABLE_BY_ORDER = frozenset({"refund.issued", "order.cancelled"})
# Published by ingest itself, with its own version, once they changed anything.
ABOUT_CUSTOMER = frozenset({"customer.updated", "consent.changed"})
_NOTHING_NEW = CustomerUpdated(version=0)


@dataclass(frozen=True, slots=True)
class Reading:
    """Under which circumstances an event is read: from whom, when, and with which key guests are hashed.

    ``keep`` quarantines also what would be rejected: for doors without a caller to tell. ``traceparent`` names
    the trace of the request that brought it.
    """

    source: Source
    now: datetime
    identity_key: bytes
    keep: bool = False
    traceparent: str | None = None


def event_id(source: Source, native_id: str, origin: str = "") -> UUID:
    """The id of an event for good: of its shop, its source and the id that the shop gave it."""
    # Nothing printable separates them, so no two triples spell the same name.
    return uuid5(NAMESPACE, f"{source.shop.id}\n{source.id}\n{origin}\n{native_id}")


def require_allowed(type_: str, customer: CustomerForm | None, source: Source) -> None:
    """A browser's key is public: it may tell of interactions, never of orders, addresses or consent."""
    if source.trust == "browser":
        if type_ not in INTERACTION_TYPES:
            raise Refused("not_allowed", "a browser source may send interactions only")
        if customer is not None and says_anything(customer):
            raise Refused("not_allowed", "a browser source may not send contacts or consent")


def normalise(form: EventForm, body: bytes, index: int, reading: Reading) -> Candidate:
    """The candidate for the hallway; raises ``Refused`` with the stable code of whatever is wrong."""
    source = reading.source
    shop = source.shop
    require_allowed(form.type, form.customer, source)
    customer = customer_id(form.customer, shop=shop, key=reading.identity_key)
    if customer is None and form.type not in FINDABLE_BY_ORDER:
        raise Refused("missing_customer", "the event names no customer: customer.id, email, phone or anonymous_id")
    time = event_time(form.time, zone=shop.zone, now=reading.now)
    about_customer = form.type in ABOUT_CUSTOMER
    event = Event(
        id=event_id(source, form.id, form.origin),
        source=source.urn,
        type=form.type,
        time=time,
        shop=shop.id,
        recorded_time=reading.now,
        data=_NOTHING_NEW if about_customer else acts.act(form.data, source, time),
        customer_id=customer,
        backfill=source.historical,
        traceparent=reading.traceparent,
    )
    candidate = Candidate(
        index=index,
        native_id=form.id,
        source=source,
        event=event,
        body=body,
        body_hash=blake2b(body, digest_size=16).digest(),
        published=not about_customer,
        keep=reading.keep,
    )
    if form.type in ORDER_TYPES:
        _about_order(candidate)
    if customer is not None:
        _about_customer(candidate, form)
    return candidate


def _about_order(candidate: Candidate) -> None:
    candidate.order_id = candidate.event.data.order_id
    if not candidate.source.record_of_orders:
        candidate.published = False
        candidate.code = "history_only"
        candidate.detail = "this source is not its shop's record of orders"
    elif candidate.waits:
        candidate.code = "waiting_for_order"
        candidate.detail = "published as soon as its order is known"


def _about_customer(candidate: Candidate, form: EventForm) -> None:
    """What the event says of its customer beyond their id."""
    told = form.customer is not None and says_anything(form.customer)
    if not told and form.type not in ABOUT_CUSTOMER:
        return
    event = candidate.event
    patch = Patch(
        shop=candidate.source.shop,
        at=event.time,
        event_id=str(event.id),
        removes=form.type == "customer.updated",
    )
    if form.customer is not None:
        patch.read(form.customer)
    if isinstance(form.data, CustomerForm):
        patch.read(form.data)
    elif isinstance(form.data, ConsentChangeForm):
        _require_consent(form.data)
        patch.consent(form.data.channel, ConsentForm(form.data.status, form.data.at, form.data.method))
    candidate.patch = patch.fields or None
    if patch.ignored and candidate.code is None:
        candidate.code = "contact_ignored"
        candidate.detail = "left out as unusable: " + ", ".join(sorted(set(patch.ignored)))


def _require_consent(form: ConsentChangeForm) -> None:
    if form.channel not in ("email", "sms") or form.status not in ("granted", "withdrawn", "denied"):
        raise Refused("invalid_data", "data needs a channel (email, sms) and a status (granted, withdrawn)")
