"""Events of a customer: address and consent, profile, and what they looked at."""

from datetime import timedelta
from typing import Any
from zlib import crc32

from builders.events import CUSTOMER, NOON, event
from mandegar.events import Event
from mandegar.events.contacts import Consent, ContactUpdated
from mandegar.events.ingest import CustomerUpdated, Interaction

ENVELOPE = ("customer", "hours", "recorded_time", "shop")


def contact(version: int = 1, *, granted: str = "email sms", said_hours: float = -100, **more: Any) -> Event:
    """A snapshot with both addresses, and consent granted on the channels in ``granted``."""
    envelope = {"hours": -50} | {field: more.pop(field) for field in ENVELOPE if field in more}
    consent = Consent(status="granted", at=NOON + timedelta(hours=said_hours))
    consents: Any = dict.fromkeys(granted.split(), consent)
    customer = envelope.get("customer", CUSTOMER)
    email = f"{customer}@example.test"
    phone = "+989121234567" if customer == CUSTOMER else f"+98912{crc32(customer.encode()) % 10**7:07}"
    data = {"email": email, "phone": phone, "name": "سارا محمدی", "locale": "fa-IR", "consents": consents}
    return event("contact.updated", ContactUpdated(version=version, **(data | more)), **envelope)


def profile(version: int, **more: Any) -> Event:
    envelope = {field: more.pop(field) for field in ENVELOPE if field in more}
    return event("customer.updated", CustomerUpdated(version=version, **more), **envelope)


def viewed(name: str, **more: Any) -> Event:
    """One look at a product; each ``name`` is another."""
    return event("product.viewed", Interaction(subject_id="p"), name=name, **more)
