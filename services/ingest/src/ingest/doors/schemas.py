"""The answer of a door that reports each event."""

from uuid import UUID

from pydantic import BaseModel, Field

from ingest.domain.outcomes import Status


class EventResult(BaseModel):
    """What became of one event of a request."""

    index: int = Field(description="Position of the event in the request, from 0")
    id: str | None = Field(description="Id that the shop gave the event, if it could be read")
    status: Status = Field(
        description="accepted; duplicate (accepted before); quarantined (stored, do not send it again); "
        "rejected (not stored); retry (send it again); suppressed (its customer was erased: not stored, do not send it "
        "again)"
    )
    code: str | None = Field(description="Reason for the status, as a stable code; null if there is none")
    detail: str | None = Field(description="Reason for the status, as a sentence without personal data")
    event_id: UUID | None = Field(
        description="Id under which an accepted event, or its effect on the customer, is published: pass it as `after` "
        "to a read, which then waits until the event was applied. Null if other services do not receive the event"
    )


class EventResults(BaseModel):
    """One result for each event, in the order of the request."""

    results: list[EventResult]
