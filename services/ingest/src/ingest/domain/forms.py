"""Events as shops write them: ids as text or number, optional fields, values not yet validated.

In a customer ``""`` is a missing field and ``None`` a null, with which ``customer.updated`` clears a field.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from ingest.domain.contract_forms import CONTRACT_FORMS, ContractForm

Name = str | int


@dataclass(slots=True)
class ConsentForm:
    status: str
    at: str | float | None = None
    method: str | None = None


@dataclass(slots=True)
class CustomerForm:
    id: Name | None = None
    anonymous_id: Name | None = None
    email: str | None = ""
    phone: Name | None = ""
    name: str | None = ""
    locale: str | None = ""
    zone: str | None = ""
    birthday: str | None = ""
    consent: dict[str, bool | str | ConsentForm] | None = None
    attributes: dict[str, str | int | float | bool | None] | None = None
    proof: str | None = None


@dataclass(slots=True)
class ItemForm:
    product_id: Name | None = None
    sku: Name | None = None
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    category: Name | None = None
    gift_card: bool | None = None


@dataclass(slots=True)
class OddItem(ItemForm):
    """A line of an order that cannot be read, and why."""

    why: str = ""


@dataclass(slots=True)
class OrderForm:
    order_id: Name
    total: Decimal
    currency: str | None = None
    version: Name | float | None = None
    items: list[ItemForm] | None = None
    coupons: list[Name] | None = None
    status: Name | None = None
    channel: Name | None = None
    branch: Name | None = None
    discount: Decimal | None = None
    shipping: Decimal | None = None
    tax: Decimal | None = None
    gift_cards: Decimal | None = None
    referral_code: Name | None = None
    payment_id: Name | None = None
    address_id: Name | None = None


@dataclass(slots=True)
class DeliveryForm:
    order_id: Name


@dataclass(slots=True)
class CancellationForm:
    order_id: Name
    version: Name | float | None = None
    reason: Name | None = None
    cancelled_by: Name | None = None


@dataclass(slots=True)
class RefundForm:
    refund_id: Name
    order_id: Name
    amount: Decimal
    currency: str | None = None
    reason: Name | None = None


@dataclass(slots=True)
class OpeningForm:
    lot_id: Name
    points: Decimal
    earned_at: str | float | None = None
    expires_at: str | float | None = None


@dataclass(slots=True)
class TierGrantForm:
    tier: Name
    until: str | float


@dataclass(slots=True)
class CouponForm:
    code: Name
    reward: Name | None = None
    amount: Decimal | None = None
    percent: Decimal | None = None
    at_most: Decimal | None = None
    minimum_spend: Decimal | None = None
    currency: str | None = None
    free_shipping: bool | None = None
    expires_at: str | float | None = None


@dataclass(slots=True)
class InteractionForm:
    subject_id: Name | None = None
    product_id: Name | None = None
    cart_id: Name | None = None
    checkout_id: Name | None = None
    value: Decimal | None = None
    currency: str | None = None
    category: Name | None = None
    channel: Name | None = None
    branch: Name | None = None


@dataclass(slots=True)
class ReviewForm:
    product_id: Name
    rating: float
    rating_scale: float = 5
    text: str | None = None
    channel: Name | None = None
    branch: Name | None = None


@dataclass(slots=True)
class SurveyForm:
    survey_id: Name
    kind: str
    score: float
    scale_min: float | None = None
    scale_max: float | None = None
    text: str | None = None
    channel: Name | None = None
    branch: Name | None = None


@dataclass(slots=True)
class TicketForm:
    ticket_id: Name
    category: Name | None = None
    priority: Name | None = None
    text: str | None = None


@dataclass(slots=True)
class TicketAnswerForm:
    ticket_id: Name
    at: str | float | None = None


@dataclass(slots=True)
class PromiseForm:
    promise_id: Name
    kind: Name
    due_at: str | float
    order_id: Name | None = None


@dataclass(slots=True)
class PromiseEndForm:
    promise_id: Name
    at: str | float | None = None


@dataclass(slots=True)
class ActForm:
    act: Name
    subject_id: Name | None = None
    channel: Name | None = None
    branch: Name | None = None


@dataclass(slots=True)
class ReferralForm:
    code: Name


@dataclass(slots=True)
class MessageForm:
    message_id: Name
    channel: str
    marketing: bool | None = True
    journey: str | None = None


@dataclass(slots=True)
class ConsentChangeForm:
    channel: str
    status: str
    at: str | float | None = None
    method: str | None = None


@dataclass(slots=True)
class IdentifiedForm:
    anonymous_id: Name | None = None
    email: str | None = None
    phone: Name | None = None


DataForm = (
    OrderForm
    | DeliveryForm
    | CancellationForm
    | RefundForm
    | OpeningForm
    | TierGrantForm
    | CouponForm
    | InteractionForm
    | ReviewForm
    | SurveyForm
    | TicketForm
    | TicketAnswerForm
    | PromiseForm
    | PromiseEndForm
    | ContractForm
    | ActForm
    | ReferralForm
    | MessageForm
    | ConsentChangeForm
    | CustomerForm
    | IdentifiedForm
)

FORMS: dict[str, type[DataForm]] = {
    "order.placed": OrderForm,
    "order.paid": OrderForm,
    "order.updated": OrderForm,
    "order.delivered": DeliveryForm,
    "order.cancelled": CancellationForm,
    "refund.issued": RefundForm,
    "points.opened": OpeningForm,
    "tier.granted": TierGrantForm,
    "coupon.opened": CouponForm,
    "product.viewed": InteractionForm,
    "product.searched": InteractionForm,
    "cart.updated": InteractionForm,
    "checkout.started": InteractionForm,
    "customer.logged_in": InteractionForm,
    "customer.signed_up": InteractionForm,
    "review.submitted": ReviewForm,
    "survey.responded": SurveyForm,
    "ticket.opened": TicketForm,
    "ticket.answered": TicketAnswerForm,
    "ticket.closed": TicketForm,
    "promise.made": PromiseForm,
    "promise.kept": PromiseEndForm,
    "promise.broken": PromiseEndForm,
    **CONTRACT_FORMS,
    "act.done": ActForm,
    "referral.claimed": ReferralForm,
    "message.sent_elsewhere": MessageForm,
    "customer.updated": CustomerForm,
    "consent.changed": ConsentChangeForm,
    "customer.identified": IdentifiedForm,
}


@dataclass(slots=True)
class EventForm:
    """An event whose ``data`` has the form of its ``type``.

    ``origin`` distinguishes events with the same id: the ``source`` of a CloudEvent, empty in the native form.
    ``customer_note`` is for the sender of an event that names two customers.
    ``left_out`` names the parts that cannot be read and that the event does not depend on.
    """

    id: str
    type: str
    data: DataForm
    time: str | float | None = None
    customer: CustomerForm | None = None
    origin: str = ""
    customer_note: str | None = None
    left_out: list[str] = field(default_factory=list)
