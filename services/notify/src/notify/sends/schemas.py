"""The bodies of the messages routes."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from notify.domain.consent import ChannelName
from notify.domain.send_states import MessageState, State


class Reason(BaseModel):
    """Why a message waits or did not go out."""

    code: str = Field(description="Stable code of the reason, for programs")
    rule: str = Field(description="The rule or the provider's answer in words")


class Cause(BaseModel):
    """The event that triggered the message."""

    event_id: UUID
    type: str


class Message(BaseModel):
    """One message to one address, sent or not, by us or by another system. The address itself is not shown."""

    message_id: UUID = Field(
        description="Id of the message; for one of another system, the id of the event that reported it"
    )
    journey: str | None = Field(
        description="The journey of the message. A message of another system counts as one of the journey that it "
        "names; null if it names none"
    )
    journey_version: int | None = Field(
        description="The version that started the message; 0 is built in. null if another system sent it"
    )
    channel: ChannelName
    marketing: bool = Field(
        description="Whether the message is marketing: it needs consent, and caps and cooldowns count it. A code for a "
        "till is not"
    )
    template: str | None = Field(description="null if another system sent it")
    locale: str | None = Field(description="Language of the message; null until it is chosen")
    state: MessageState = Field(description="`sent_elsewhere`: another system sent it, at `created_at`")
    reason: Reason | None
    cause: Cause
    triggered_at: datetime
    created_at: datetime
    not_before: datetime | None = Field(description="null if another system sent it")
    no_later_than: datetime | None = Field(
        description="After this instant the message is withheld; null if another system sent it"
    )
    attempts: int = Field(description="How often a provider may have been called")
    attempted_at: datetime | None
    decided_at: datetime | None
    provider_ref: str | None = Field(
        description="The provider's own reference; for a message of another system, that system's id"
    )
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
    next_at: datetime | None = Field(description="For waiting messages: when the first of them is looked at again")


class Summary(BaseModel):
    """The messages of a shop, counted."""

    counts: list[Count]
    total: int
    as_of: datetime
