"""Data of ``notify.events``: what became of each message, and what customers decided about messages themselves."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Channel = Literal["email", "sms"]


class MessageDecided(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A message went out, did not, or nobody knows; ``reason`` is a stable code wherever it did not go out."""

    message_id: UUID
    journey: str
    channel: Channel
    template: str
    locale: str
    reason: str | None = None


class JourneyChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A version of a shop's journey, in force from ``effective_from`` on; ``document`` is its text."""

    name: str
    version: int
    effective_from: datetime
    document: str


class ConsentChanged(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A customer's word on marketing over one channel, given to notify itself (one-click, preferences)."""

    channel: Channel
    status: Literal["granted", "withdrawn"]
    at: datetime
    method: str
