"""The bodies of the messages routes."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from notify.domain.consent import ChannelName
from notify.domain.send_states import State


class Reason(BaseModel):
    """Why a message waits or did not go out."""

    code: str = Field(description="Stable, for programs")
    rule: str = Field(description="The rule or the provider's answer in words")


class Cause(BaseModel):
    """The event that triggered the message."""

    event_id: UUID
    type: str


class Message(BaseModel):
    """One message to one address, sent or not. The address itself is not shown."""

    message_id: UUID
    journey: str
    journey_version: int = Field(description="The version that started the message; 0 is built in")
    channel: ChannelName
    template: str
    locale: str | None = Field(description="Language of the message, once it was decided")
    state: State
    reason: Reason | None
    cause: Cause
    triggered_at: datetime
    created_at: datetime
    not_before: datetime
    no_later_than: datetime = Field(description="After this instant the message is withheld")
    attempts: int = Field(description="How often a provider may have been called")
    attempted_at: datetime | None
    decided_at: datetime | None
    provider_ref: str | None = Field(description="The provider's own reference")
    started_as: str | None = Field(
        description="The customer id under which the message was started, if it has since been merged into this one"
    )


class Messages(BaseModel):
    """A page of a customer's messages, newest first."""

    customer_id: str
    messages: list[Message]
    next_before: UUID | None = Field(description="Pass as `before` for the next page; null on the last one")
    as_of: datetime


class Count(BaseModel):
    """The number of messages with the same journey, channel, state and reason."""

    journey: str
    channel: ChannelName
    state: State
    reason: str | None
    rule: str | None = Field(description="The reason in words")
    messages: int
    next_at: datetime | None = Field(description="Of messages that wait: when the first of them is looked at again")


class Summary(BaseModel):
    """The messages of a shop, counted."""

    counts: list[Count]
    total: int
    as_of: datetime
