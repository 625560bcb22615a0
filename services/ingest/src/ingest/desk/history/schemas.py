"""Bodies of the history route."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field


class PastEvent(BaseModel):
    """An accepted event."""

    event_id: UUID = Field(description="Id under which the event is published")
    id: str = Field(description="Id that the shop gave the event")
    customer_id: str | None = Field(description="Id of the customer under which it was sent")
    source_id: str
    type: str
    order_id: str | None
    time: datetime = Field(description="When the event happened")
    recorded_time: datetime = Field(description="When the event was accepted")
    published: bool = Field(description="Whether the other services receive the event")
    code: str | None = Field(description="Note on the acceptance, such as history_only")
    body: Any = Field(
        description="The event as it was received; null without the scope events:raw, and after its body was deleted"
    )
    body_kept_until: datetime | None = Field(description="When the body is deleted; null if it is kept without end")


class History(BaseModel):
    """A page of a customer's events, latest first."""

    customer_id: str = Field(
        description="The customer; another id than the one in the path if that one was merged into it"
    )
    events: list[PastEvent]
    next_before: str | None = Field(description="The `before` of the next page; null on the last one")
    as_of: datetime
