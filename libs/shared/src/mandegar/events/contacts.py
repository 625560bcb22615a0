"""Data of the events on ``ingest.contacts``, the only topic with addresses. Only notify reads it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

ConsentStatus = Literal["granted", "withdrawn"]


class Consent(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A customer's consent to marketing on one channel, or its withdrawal; ``method`` is how it was given."""

    status: ConsentStatus
    at: datetime
    method: str = "shop"


class ContactUpdated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A full snapshot of a customer's addresses and consents. Readers ignore versions below the stored one."""

    version: int
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    locale: str | None = None
    zone: str | None = None
    consents: dict[Literal["email", "sms"], Consent] = {}
