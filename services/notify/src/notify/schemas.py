"""The bodies of notify's routes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, model_validator

Channel = Literal["email", "sms"]


class Reason(BaseModel):
    """Why a message waits or did not go out: a stable code, and the rule in words."""

    code: str
    rule: str


class Cause(BaseModel):
    """The event that asked for a message."""

    event_id: UUID
    type: str


class Message(BaseModel):
    """One send, also one that never went out. No address."""

    message_id: UUID
    journey: str
    journey_version: int
    channel: Channel
    template: str
    locale: str | None
    state: Literal["ready", "sending", "sent", "refused", "unknown", "withheld"]
    reason: Reason | None
    cause: Cause
    triggered_at: datetime
    created_at: datetime
    not_before: datetime
    no_later_than: datetime
    attempts: int
    attempted_at: datetime | None
    decided_at: datetime | None
    provider_ref: str | None


class Messages(BaseModel):
    """A page of a customer's messages, newest first."""

    customer_id: str
    messages: list[Message]
    next_before: UUID | None
    as_of: datetime


class Count(BaseModel):
    """How many messages share journey, channel, state and reason."""

    journey: str
    channel: Channel
    state: str
    reason: str | None
    rule: str | None
    messages: int


class Summary(BaseModel):
    """All messages of a shop by what became of them."""

    counts: list[Count]
    total: int
    as_of: datetime


class ChannelPreference(BaseModel):
    """Consent on one channel. ``since`` and ``method`` say when and how it was given; whether an address is known."""

    consent: Literal["granted", "withdrawn", "unknown"]
    since: datetime | None
    method: str | None
    has_address: bool


class Preferences(BaseModel):
    """What a customer agreed to, without any address."""

    customer_id: str
    channels: dict[Channel, ChannelPreference]
    locale: str | None
    zone: str | None
    as_of: datetime


class PreferenceChange(BaseModel):
    """The channels to change; those left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    channels: dict[Channel, Literal["granted", "withdrawn"]]

    @model_validator(mode="after")
    def says_something(self) -> "PreferenceChange":
        """Refuse an empty change."""
        if not self.channels:
            raise ValueError("name at least one channel")
        return self


class SmsPreview(BaseModel):
    """A rendered SMS and what it takes to send it."""

    text: str
    encoding: Literal["gsm7", "ucs2"]
    units: int
    parts: int


class Preview(BaseModel):
    """A journey's message as one customer would get it. Mails have subject, text and html; SMS have ``sms``."""

    journey: str
    version: int
    channel: Channel
    locale: Literal["fa", "en"]
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    sms: SmsPreview | None = None
