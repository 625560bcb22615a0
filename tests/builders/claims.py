"""Claims of sends of one shop, from which messages are composed."""

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import msgspec

from builders.bands import crossed
from builders.events import NOON, SHOP
from builders.points import expiring
from mandegar.shops import Shop
from notify.domain.contact import Contact
from notify.domain.language import Language
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import journey_of
from notify.sends.claim import Claim
from notify.sends.rows import Send

CAUSES = {"at_risk_offer": crossed(), "points_expiring": expiring()}


def claim(
    journey: str,
    language: Language,
    *,
    customer: str = "c",
    shop: dict[str, Any] | None = None,
    contact: dict[str, Any] | None = None,
    cause: dict[str, Any] | None = None,
) -> Claim:
    """A claim of a built-in journey; ``shop``, ``contact`` and ``cause`` (the data of its event) are what differs."""
    settings = Shop(
        **{
            "shop": SHOP, "version": 1, "name": "فروشگاه نارنج", "zone": "Asia/Tehran", "currency": "IRR",
            "locale": language, "phone_region": "IR", "sender_email": "hello@shop.example.test",
            "sms_sender": "10004346", "origins": (), "sender_verified": True, "keep_books": False, **(shop or {}),
        }
    )  # fmt: skip
    recipient = Contact(
        **{
            "shop": SHOP, "customer_id": customer, "email": "sara@example.test", "phone": "+989121234567",
            "name": "سارا محمدی", "email_since": None, "phone_since": None, "locale": language, "zone": None,
            "shop_consents": {}, "own_consents": {}, "points": 1240, "tier": "gold",
            "last_paid_at": NOON - timedelta(days=50), **(contact or {}),
        }
    )  # fmt: skip
    rules, event = journey_of(built_in_versions()[journey]), CAUSES[journey]
    send = Send(
        send_id=uuid5(NAMESPACE_OID, repr((journey, language, customer, settings, recipient))),
        shop=SHOP, customer_id=customer, journey=journey, journey_version=0, channel=rules.channel,
        template=rules.template, cause_type=event.type, cause_id=event.id, correlation_id=uuid4(), hops=0,
        payload=msgspec.to_builtins(event.data) | (cause or {}), triggered_at=NOON, created_at=NOON,
        no_later_than=NOON, state="sending", reason=None, not_before=NOON, decided_at=None,
    )  # fmt: skip
    sender = settings.sender_email if rules.channel == "email" else settings.sms_sender
    return Claim(send, 1, rules, recipient, settings, sender, language, "g_of_the_address")
