"""From the event as its shop wrote it to the canonical event. The same input gives the same event on any replica."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import blake2b
from uuid import UUID

from msgspec import structs

from ingest.domain import acts
from ingest.domain.candidates import Candidate
from ingest.domain.consents import CHANNELS
from ingest.domain.customer_ids import PLACEHOLDER, customer_id, is_beside_placeholder
from ingest.domain.event_time import time_as_written
from ingest.domain.forms import ConsentChangeForm, ConsentForm, CustomerForm, EventForm, MessageForm
from ingest.domain.known_fields import known_body
from ingest.domain.links import IDENTIFIED, guest_of, links_of
from ingest.domain.naming import Reader, named_in
from ingest.domain.outcomes import Refused
from ingest.domain.patches import NAMED_MAX, STATUSES, Patch, folded, has_profile_fields
from ingest.domain.profile import PHONE_ID, Fields
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Source
from ingest.domain.visitor_proof import is_proven, require_visitor
from mandegar.events import Event
from mandegar.events.envelope import named_id
from mandegar.events.identity import address_id
from mandegar.events.ingest import CustomerUpdated
from mandegar.events.registry import ABOUT_ORDERS, INTERACTION_TYPES, VISIT_TYPES

# Types whose customer may be found by the order.
FINDABLE_BY_ORDER = frozenset({"refund.issued", "order.cancelled", "order.delivered"})
# Types that change a profile. Ingest publishes the changed profile instead of the event.
ABOUT_CUSTOMER = frozenset({"customer.updated", "consent.changed"})
# Types of which ingest publishes what follows from them instead.
_FOR_INGEST = ABOUT_CUSTOMER | {IDENTIFIED}
_PROVEN_TYPES = INTERACTION_TYPES | {IDENTIFIED}
BROWSER_EVENT_BYTES_MAX = 4 * 1024
_UNPUBLISHED = CustomerUpdated(version=0)
_UNDECLARED = (
    "kept in the history only, because the settings of the shop declare no attribute with this name, or one of another "
    "type: attributes "
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reading of an event depends on besides the event.

    ``identity_key`` is the key of guest hashes. ``keep_rejected`` quarantines what would be rejected: a door without a
    caller cannot answer. ``traceparent`` is the trace of the request. ``sent_at`` is when the event was sent, for one
    that states no time and is read later. ``released_at`` is set for an event that comes out of quarantine: it is read
    as of ``now``, when it was received, and recorded then. ``names`` are the pseudonyms of the shop.
    """

    source: Source
    now: datetime
    identity_key: bytes
    keep_rejected: bool = False
    traceparent: str | None = None
    sent_at: datetime | None = None
    released_at: datetime | None = None
    names: Pseudonyms = field(init=False)

    def __post_init__(self) -> None:
        shop = self.source.shop
        object.__setattr__(self, "names", Pseudonyms(shop.id, self.identity_key, shop.customer_ids))

    @property
    def unstated_time(self) -> datetime:
        """The time of an event that states none."""
        return self.now if self.sent_at is None else min(self.sent_at, self.now)

    def names_in(self, body: bytes) -> Callable[[], frozenset[str]]:
        """What finds the customers whom a body names."""
        shop = self.source.shop
        return partial(named_in, body, Reader(shop.id, shop.phone_region, self.identity_key, shop.customer_ids))


def event_id(source: Source, native_id: str, origin: str = "") -> UUID:
    """The permanent id of an event, derived from its shop, its source, the origin and the shop's own id."""
    # Ids are printable, so a line break cannot make two different tuples equal.
    return named_id(f"{source.shop.id}\n{source.id}\n{origin}\n{native_id}")


def require_allowed(form: EventForm, body: bytes, reading: Reading) -> None:
    """Raise ``Refused`` if a browser source, whose key is public, sends more than small events about visits."""
    source = reading.source
    if source.trust != "browser":
        return
    if len(body) > BROWSER_EVENT_BYTES_MAX:
        raise Refused("event_too_large", f"an event of a browser source may have {BROWSER_EVENT_BYTES_MAX} bytes")
    proven = is_proven(form.customer, source)
    if form.type not in (_PROVEN_TYPES if proven else VISIT_TYPES):
        raise Refused("not_allowed", "a browser source may send visits only, such as product.viewed")
    if form.customer is not None and has_profile_fields(form.customer):
        raise Refused("not_allowed", "a browser source may send no field of a customer but id and anonymous_id")
    customer = customer_id(form.customer, shop=source.shop, key=reading.identity_key)
    if customer is not None:
        require_visitor(customer, source, proven=proven)


def normalise(form: EventForm, body: bytes, index: int, reading: Reading) -> Candidate:
    """The candidate for acceptance; raises ``Refused`` with the stable code of what is wrong."""
    source = reading.source
    shop = source.shop
    findable = form.type in FINDABLE_BY_ORDER
    if form.customer is not None and is_beside_placeholder(form.customer, findable=findable):
        form.customer.id = None
        form.left_out.append(f"customer.id ({PLACEHOLDER})")
    require_allowed(form, body, reading)
    customer = customer_id(form.customer, shop=shop, key=reading.identity_key)
    if customer is None and not findable:
        raise Refused("missing_customer", "customer needs an id, email, phone or anonymous_id")
    for_ingest = form.type in _FOR_INGEST
    left_out = form.left_out
    if form.time is None or form.time == "":
        written = reading.unstated_time
    else:
        written = time_as_written(form.time, zone=shop.zone, now=reading.now, left_out=left_out)
    event = Event(
        id=event_id(source, form.id, form.origin),
        source=source.urn,
        type=form.type,
        time=min(written, reading.now),
        shop=shop.id,
        recorded_time=reading.released_at or reading.now,
        data=_UNPUBLISHED if for_ingest else acts.act(form.data, source, reading.names, written, reading.now, left_out),
        customer_id=customer,
        backfill=source.historical,
        traceparent=reading.traceparent,
    )
    candidate = Candidate(
        index=index,
        native_id=form.id,
        source=source,
        event=event,
        body=known_body(form) if source.trust == "browser" else body,
        body_hash=blake2b(body, digest_size=16).digest(),
        published=not for_ingest,
        keep_rejected=reading.keep_rejected,
        waited_since=None if reading.released_at is None else reading.now,
    )
    if form.type in ABOUT_ORDERS:
        candidate.order_id = candidate.event.data.order_id
        candidate.count_order(counts=source.record_of_orders)
    if customer is not None and form.customer is not None:
        _set_patch(candidate, form, written, reading)
        if isinstance(form.data, MessageForm):
            _set_address(candidate, reading.identity_key)
        proven = source.trust == "server" or is_proven(form.customer, source)
        candidate.links = links_of(
            customer, form.customer, form.data, candidate.patch, source, proven=proven, key=reading.identity_key
        )
    if form.customer_note is not None:
        candidate.note("customerid_ignored", form.customer_note)
    if left_out:
        candidate.note("data_ignored", "left out because invalid: " + ", ".join(sorted(set(left_out))))
    return candidate


def _set_patch(candidate: Candidate, form: EventForm, written: datetime, reading: Reading) -> None:
    """Set the patch of the customer's profile, if the event has one."""
    has_fields = form.customer is not None and has_profile_fields(form.customer)
    if not has_fields and form.type not in ABOUT_CUSTOMER:
        return
    event = candidate.event
    patch = Patch(
        shop=candidate.source.shop,
        at=event.time,
        written=written,
        now=reading.now,
        event_id=str(event.id),
        removes=form.type == "customer.updated",
    )
    if form.customer is not None:
        patch.read(form.customer)
    if isinstance(form.data, CustomerForm):
        patch.read(form.data)
    elif isinstance(form.data, ConsentChangeForm):
        consent = ConsentForm(form.data.status, form.data.at, form.data.method)
        _require_consent(form.data.channel, consent)
        patch.consent(form.data.channel, consent, dated=bool(form.data.at or form.time))
    candidate.patch = _with_phone_id(patch.fields(), event.shop, reading.identity_key) or None
    candidate.flags = {
        channel: address and address_id(address, shop=event.shop, key=reading.identity_key)
        for channel, address in patch.granting_flags()
    }
    if patch.ignored:
        candidate.note("contact_ignored", "ignored because invalid: " + ", ".join(sorted(set(patch.ignored))))
    if patch.undeclared:
        names = sorted(set(patch.undeclared))
        more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
        candidate.note("data_ignored", _UNDECLARED + ", ".join(names[:NAMED_MAX]) + more)


def _with_phone_id(fields: Fields, shop: str, identity_key: bytes) -> Fields:
    """The fields, and the pseudonym of the phone number among them."""
    phone = fields.get("phone")
    if phone is None:
        return fields
    pseudonym = guest_of(phone.value, shop, identity_key) if isinstance(phone.value, str) else None
    return {**fields, PHONE_ID: phone._replace(value=pseudonym)}


def _set_address(candidate: Candidate, identity_key: bytes) -> None:
    """Set the pseudonym of the address to which a message went, if the event names one of its channel."""
    event = candidate.event
    stamped = (candidate.patch or {}).get(CHANNELS[event.data.channel])
    if stamped is not None and isinstance(stamped.value, str):
        pseudonym = address_id(stamped.value, shop=event.shop, key=identity_key)
        candidate.event = structs.replace(event, data=structs.replace(event.data, address_id=pseudonym))


def _require_consent(channel: str, form: ConsentForm) -> None:
    if folded(channel) not in CHANNELS or folded(form.status) not in STATUSES:
        raise Refused("invalid_data", "data.channel must be email or sms, and data.status granted or withdrawn")
