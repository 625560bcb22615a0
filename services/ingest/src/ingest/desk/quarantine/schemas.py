"""Bodies of the quarantine routes."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class QuarantinedEvent(BaseModel):
    """An event in quarantine."""

    id: UUID = Field(description="Id of the entry in quarantine")
    source_id: str
    native_id: str | None = Field(description="Id that the shop gave the event, if it could be read")
    code: str = Field(description="Why the event was not accepted, as a stable code")
    detail: str = Field(description="Why the event was not accepted, as a sentence")
    state: str = Field(description="open, released (accepted since) or dropped")
    received_at: datetime
    kept_until: datetime = Field(description="When the event is deleted from the quarantine")
    resolved_at: datetime | None = Field(description="When the event was released or dropped; null while it is open")


class QuarantinedBody(QuarantinedEvent):
    """An event in quarantine with its content."""

    body: str = Field(description="The event as it was received; bytes that are not UTF-8 are replaced by U+FFFD")


class QuarantinePage(BaseModel):
    """A page of the quarantine, newest first."""

    quarantine: list[QuarantinedEvent]
    next_before: str | None = Field(description="The `before` of the next page; null on the last one")
