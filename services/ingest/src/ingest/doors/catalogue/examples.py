"""One event of each type, as a shop posts it. A test posts them all to a door, which accepts them."""

from types import MappingProxyType
from typing import Any

SHOP_ADDRESS = "https://shop.example"
_CUSTOMER = {"id": "c-42"}
_ORDER = {
    "order_id": "o-1001",
    "currency": "IRR",
    "total": "13000000",
    "items": [{"product_id": "p-7", "quantity": 2, "unit_price": "6250000", "category": "shoes"}],
    "coupons": ["WELCOME"],
    "channel": "web",
    "shipping": "500000",
}
_UNPAID = {"order_id": "o-1002", "currency": "IRR", "total": "3000000"}

# By type: the id, the time of the day, and the data.
_DATA: dict[str, tuple[str, str, dict[str, Any]]] = {
    "order.placed": ("o-1002-placed", "09:00", _UNPAID),
    "order.paid": ("o-1001-paid", "10:00", _ORDER),
    "order.updated": ("o-1002-updated", "10:30", {**_UNPAID, "total": "2800000"}),
    "order.delivered": ("o-1001-delivered", "16:00", {"order_id": "o-1001"}),
    "order.cancelled": (
        "o-1002-cancelled",
        "11:00",
        {"order_id": "o-1002", "reason": "out_of_stock", "cancelled_by": "shop"},
    ),
    "refund.issued": (
        "o-1001-refund",
        "12:00",
        {"refund_id": "r-1", "order_id": "o-1001", "currency": "IRR", "amount": "500000"},
    ),
    "points.opened": ("l-7", "00:00", {"lot_id": "l-7", "points": 1200, "expires_at": "2027-03-20"}),
    "tier.granted": ("c-42-tier", "00:00", {"tier": "gold", "until": "2027-03-20"}),
    "coupon.opened": (
        "c-42-coupon",
        "00:00",
        {"code": "NOWRUZ-7Q4K", "amount": "500000", "currency": "IRR", "expires_at": "2027-03-20"},
    ),
    "product.viewed": ("v-1", "08:00", {"product_id": "p-7", "category": "shoes"}),
    "product.searched": ("v-2", "08:01", {"category": "shoes"}),
    "cart.updated": ("v-3", "08:02", {"cart_id": "k-5", "value": "12500000", "currency": "IRR"}),
    "checkout.started": ("v-4", "08:03", {"checkout_id": "k-5", "value": "12500000", "currency": "IRR"}),
    "customer.logged_in": ("v-5", "07:59", {"channel": "app"}),
    "customer.signed_up": ("v-6", "07:58", {}),
    "review.submitted": ("w-1", "18:00", {"product_id": "p-7", "rating": 4, "text": "خیلی خوب بود، به موقع رسید"}),
    "survey.responded": (
        "s-1",
        "18:05",
        {"survey_id": "after-purchase", "kind": "nps", "score": 9, "text": "Fast and friendly"},
    ),
    "ticket.opened": (
        "t-1-opened",
        "13:00",
        {"ticket_id": "t-1", "category": "delivery", "priority": "high", "text": "سفارشم هنوز نرسیده"},
    ),
    "ticket.answered": ("t-1-answered", "13:40", {"ticket_id": "t-1"}),
    "ticket.closed": ("t-1-closed", "17:00", {"ticket_id": "t-1"}),
    "promise.made": (
        "q-1-made",
        "10:05",
        {"promise_id": "q-1", "kind": "delivery", "order_id": "o-1001", "due_at": "2026-11-24"},
    ),
    "promise.kept": ("q-1-kept", "16:00", {"promise_id": "q-1"}),
    "promise.broken": ("q-2-broken", "16:05", {"promise_id": "q-2", "at": "2026-11-21T18:00:00Z"}),
    "subscription.started": (
        "s-1001-1",
        "10:10",
        {"subscription_id": "s-1001", "amount": "990000", "currency": "IRR", "months": 1, "plan": "monthly-box"},
    ),
    "subscription.renewed": (
        "s-1002-9",
        "10:12",
        {"subscription_id": "s-1002", "amount": "8900000", "currency": "IRR", "months": 12, "ends_at": "2027-12-31"},
    ),
    "subscription.cancelled": ("s-1001-cancelled", "10:14", {"subscription_id": "s-1001"}),
    "subscription.expired": ("s-1003-expired", "00:05", {"subscription_id": "s-1003", "ends_at": "2026-11-21"}),
    "trial.started": ("y-1-started", "09:30", {"trial_id": "y-1", "days": 14, "plan": "monthly-box"}),
    "trial.ended": ("y-2-ended", "09:40", {"trial_id": "y-2", "converted": False}),
    "act.done": ("a-1", "18:10", {"act": "story-shared", "subject_id": "post-9", "channel": "till", "branch": "vanak"}),
    "referral.claimed": ("r-1", "18:12", {"code": "JPF-CMR-TQT"}),
    "message.sent_elsewhere": ("m-1", "06:00", {"message_id": "news-2026-11", "channel": "email", "marketing": True}),
    "customer.updated": (
        "c-42-3",
        "07:00",
        {"email": "sara@example.com", "phone": "09121234567", "name": "سارا", "locale": "fa-IR", "zone": "Asia/Tehran"},
    ),
    "consent.changed": ("c-42-4", "07:01", {"channel": "email", "status": "granted", "method": "checkout_box"}),
    "customer.identified": ("c-42-5", "07:02", {"anonymous_id": "b-7"}),
}

EXAMPLES: MappingProxyType[str, dict[str, Any]] = MappingProxyType(
    {
        type_: {"id": id_, "type": type_, "time": f"2026-11-22T{hour}:00Z", "customer": _CUSTOMER, "data": data}
        for type_, (id_, hour, data) in _DATA.items()
    }
)


def as_cloud_event(event: dict[str, Any]) -> dict[str, Any]:
    """The same event as a structured CloudEvent."""
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": SHOP_ADDRESS,
        "type": event["type"],
        "time": event["time"],
        "subject": f"customer/{event['customer']['id']}",
        "datacontenttype": "application/json",
        "data": event["data"],
    }
