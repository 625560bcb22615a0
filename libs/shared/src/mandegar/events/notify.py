"""Data of the events on ``notify.events``: the outcome of each message, changes of consent and of journeys."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Channel = Literal["email", "sms"]


class MessageDecided(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A message was sent, was not sent, or its outcome is unknown; ``reason`` is a stable code unless it was sent.

    ``address_id`` is the pseudonym of the address that it went to, or may have (``identity.address_id``).
    """

    message_id: UUID
    journey: str
    channel: Channel
    template: str
    locale: str
    reason: str | None = None
    address_id: str | None = None


class JourneyChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A version of a shop's journey, in force from ``effective_from`` on; ``document`` is its YAML text.

    ``withdrawn``: the version was to come and never takes effect.
    """

    name: str
    version: int
    effective_from: datetime
    document: str
    withdrawn: bool = False


class ConsentChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A customer's word on marketing over one channel, given to notify itself (one-click, preferences).

    It holds for every customer id with the address whose pseudonym is ``address_id`` (``identity.address_id``).
    """

    channel: Channel
    status: Literal["granted", "withdrawn"]
    at: datetime
    method: str
    address_id: str | None = None
