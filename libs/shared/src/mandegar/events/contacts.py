"""Data of the events on ``ingest.contacts``, the only topic with addresses. Only notify reads it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from mandegar.events.consents import ConsentStatus


class Consent(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A customer's consent to marketing on one channel, or its withdrawal; ``method`` is how it was given.

    It belongs to ``address``; without one, to the address that the customer had ``at`` this time. ``flag``: the shop
    stated it without a time of its own.
    """

    status: ConsentStatus
    at: datetime
    method: str = "shop"
    address: str | None = None
    flag: bool = False


class ContactErased(Struct, frozen=True):
    """Nothing is known of the customer's contact any more.

    The topic carries it as a record without a value, a tombstone, so that compaction removes the snapshots before it.
    """


class ContactUpdated(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A full snapshot of a customer's addresses and consents. Readers ignore versions below the stored one.

    ``email_since`` and ``phone_since`` are when the address took the place of another, None for the first one known.
    """

    version: int
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    locale: str | None = None
    zone: str | None = None
    consents: dict[Literal["email", "sms"], Consent] = {}
    email_since: datetime | None = None
    phone_since: datetime | None = None
