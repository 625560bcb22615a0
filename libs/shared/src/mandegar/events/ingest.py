"""Data of the events on ``ingest.events``: acts of customers, and settings of shops. No field holds an address."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from mandegar.events.identity import IdForm
from mandegar.events.referrals import SaysWhoReferred

AMOUNT_MAX = Decimal("1e15")

Id = Annotated[str, Meta(min_length=1, max_length=200)]
# Since 1970, as far as readers can store them.
Microseconds = Annotated[int, Meta(ge=0, le=2**62)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
# Of a text, which is not published: from -1, all complaint, to 1, all praise. None if there is none that can be read.
Sentiment = Annotated[float, Meta(ge=-1, le=1)]
# `number`, `boolean`, `date` or `word`; or the words that a value may be.
AttributeType = str | list[str]


def require_amount(amount: Decimal, field: str) -> None:
    """Raise ``ValueError`` for NaN, infinities, negative amounts and amounts above ``AMOUNT_MAX``."""
    if not amount.is_finite() or amount < 0 or amount > AMOUNT_MAX:
        raise ValueError(f"{field} must be a decimal from 0 to {AMOUNT_MAX:f}")


class Item(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One line of an order; its price is in the order's currency. ``gift_card``: a gift card was bought."""

    product_id: Id
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    category: str | None = None
    gift_card: bool = False

    def __post_init__(self) -> None:
        require_amount(self.quantity, "quantity")
        if self.unit_price is not None:
            require_amount(self.unit_price, "unit_price")


class OrderSnapshot(SaysWhoReferred, frozen=True, omit_defaults=True, kw_only=True):
    """A whole order before refunds.

    ``written_at`` is the time that the shop wrote, in microseconds since 1970, if it lay ahead of our clock; else it is
    that of the event. ``version`` is the shop's own number, or else this time. ``status`` is one of
    ``mandegar.events.orders.STATUSES`` if the shop stated it.

    ``shipping`` and ``tax`` are parts of the total, ``gift_cards`` is the part that was paid with gift cards.
    ``discount`` was taken off before: it is no part. ``channel`` and ``branch`` are where the order was made.
    """

    order_id: Id
    currency: Currency
    total: Decimal
    version: int
    items: tuple[Item, ...] = ()
    coupons: tuple[str, ...] = ()
    status: str | None = None
    written_at: Microseconds | None = None
    channel: str | None = None
    branch: str | None = None
    discount: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    gift_cards: Decimal | None = None

    def __post_init__(self) -> None:
        require_amount(self.total, "total")
        if self.discount is not None:
            require_amount(self.discount, "discount")
        if self.shipping is not None:
            require_amount(self.shipping, "shipping")
        if self.tax is not None:
            require_amount(self.tax, "tax")
        if self.gift_cards is not None:
            require_amount(self.gift_cards, "gift_cards")


class OrderDelivered(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer has the order since the event's time. Of several the first counts."""

    order_id: Id


class OrderCancelled(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The order counts as zero until a later event says that it stands. ``written_at`` as in ``OrderSnapshot``.

    ``cancelled_by`` is who ended it, None if the shop does not say.
    """

    order_id: Id
    version: int
    reason: str | None = None
    written_at: Microseconds | None = None
    cancelled_by: Literal["customer", "shop", "fraud", "other"] | None = None


class RefundIssued(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A refund for an order. Amounts under different refund ids add up; under one id the one written later counts.

    ``written_at`` as in ``OrderSnapshot``.
    """

    refund_id: Id
    order_id: Id
    currency: Currency
    amount: Decimal
    reason: str | None = None
    written_at: Microseconds | None = None

    def __post_init__(self) -> None:
        require_amount(self.amount, "amount")


class OrderMoved(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The order turned out to be another customer's, ``to``; of the customer of this event it is no longer one."""

    order_id: Id
    to: str


class LatestErasure(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An erasure that was lifted since, as ``CustomerErased`` told it at ``recorded_time``."""

    erasure_id: UUID
    recorded_time: datetime
    ids: int = 1
    keep_books: bool = False


class CustomerMerged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """``alias`` is the same person as ``root``, to whom belongs what either of them did.

    Published under the keys of both. ``version`` grows with each merge and split of ``alias``; readers ignore what is
    not above the stored one. ``root`` is no alias at that moment; it may become one later. ``erasures`` is the version
    of the root's latest erasure or readmission, ``alias_erasures`` that of the alias's, 0 if there was none: readers
    whom the other partition has not told of them yet are not to take what was erased for what the merge gives.
    ``root_erasure`` is the root's latest erasure, None if there was none.
    """

    alias: Id
    root: Id
    version: int
    erasures: int = 0
    alias_erasures: int = 0
    root_erasure: LatestErasure | None = None


class CustomerSplit(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What ``alias`` does from now on is its own again, no longer that of ``root``, who keeps all that was before.

    Published under the key of ``alias`` alone, behind its earlier events. ``version`` as in ``CustomerMerged``.
    """

    alias: Id
    root: Id
    version: int


class CustomerErased(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The person asked that nothing be kept of them; what comes of the customer later is dropped until readmission.

    Published under the key of every id of the person, ``ids`` in number. ``version`` is the same for all of them, and
    above that of any earlier erasure or readmission of one of them; readers ignore what is below the stored one.
    ``keep_books``: amounts may stay for the books, without the person. ``profile_version`` is that of the latest
    snapshot (``customer.updated``, ``contact.updated``) which ingest had published of this id, 0 if there was none.
    """

    erasure_id: UUID
    version: int
    ids: int = 1
    keep_books: bool = False
    profile_version: int | None = None


class CustomerReadmitted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What comes of an erased customer from now on counts again; they begin anew.

    Published under the same keys as the erasure that it lifts. ``version`` as in ``CustomerErased``.
    """

    erasure_id: UUID
    version: int


class Interaction(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An act other than a purchase, such as a view or a login. ``subject_id`` is the product, cart or checkout.

    ``channel`` and ``branch`` are where it was done, here and in the other acts.
    """

    subject_id: str | None = None
    value: Decimal | None = None
    category: str | None = None
    channel: str | None = None
    branch: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None:
            require_amount(self.value, "value")


class ReviewSubmitted(Struct, frozen=True, omit_defaults=True, kw_only=True):
    product_id: Id
    rating: float
    rating_scale: float = 5
    sentiment: Sentiment | None = None
    channel: str | None = None
    branch: str | None = None


class SurveyResponded(Struct, frozen=True, omit_defaults=True, kw_only=True):
    survey_id: Id
    kind: Literal["nps", "csat", "ces"]
    score: float
    sentiment: Sentiment | None = None
    channel: str | None = None
    branch: str | None = None


class TicketChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A support ticket was opened or closed."""

    ticket_id: Id
    category: str | None = None
    priority: str | None = None
    sentiment: Sentiment | None = None


class TicketAnswered(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The shop answered a support ticket for the first time, ``at`` an instant: else at the time of the event."""

    ticket_id: Id
    at: datetime | None = None


class ActDone(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The customer did something that the shop names; with ``subject_id``, its object, a repeat counts once."""

    act: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,59}$")]
    subject_id: str | None = None
    channel: str | None = None
    branch: str | None = None


class CustomerUpdated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A customer's profile without addresses. Readers ignore a ``version`` lower than the stored one.

    ``phone_id`` is the pseudonym of the customer's phone number (``identity.address_id``): whoever has the number and
    the key finds the customer by it.
    """

    version: int
    locale: str | None = None
    zone: str | None = None
    birthday: date | None = None
    phone_id: str | None = None
    attributes: dict[str, str] = {}


class ShopUpdated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A shop's settings, published into every partition. Readers ignore a ``version`` lower than the stored one.

    ``sender_verified``: the shop has shown that the domain of ``sender_email`` is its own. Events from before this
    field count as verified, so that an installation goes on sending. ``keep_books``: of customers who are erased,
    amounts stay for the books. ``customer_ids`` is how ids are published, as they were sent before this field;
    ``attributes`` are those that are published, with the type of each, or its words. ``points_from``: orders paid
    before it earn no points, because the club from which the shop moved has given them.
    """

    version: int
    name: str
    zone: str
    currency: Currency
    locale: str
    phone_region: str
    sender_email: str
    sms_sender: str
    origins: tuple[str, ...] = ()
    sender_verified: bool = True
    keep_books: bool = False
    customer_ids: IdForm = "as_sent"
    attributes: dict[str, AttributeType] = {}
    points_from: datetime | None = None


class SourceClosed(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A historical source has sent its last event; published into every ``partition``, after its events."""

    source_id: Id
    partition: int
