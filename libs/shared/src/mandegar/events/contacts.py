"""Data of ``ingest.contacts``: the only topic that carries addresses; notify alone reads it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

ConsentStatus = Literal["granted", "withdrawn"]


class Consent(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a customer said about marketing on one channel, when, and how it was asked."""

    status: ConsentStatus
    at: datetime
    method: str = "shop"


class ContactUpdated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A full snapshot of a customer's addresses and consents; ``version`` is ingest's, a lower one is ignored."""

    version: int
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    locale: str | None = None
    zone: str | None = None
    consents: dict[Literal["email", "sms"], Consent] = {}
