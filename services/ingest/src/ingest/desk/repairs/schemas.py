"""Bodies of the routes of groups and repairs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from ingest.desk.inputs import Input
from ingest.desk.repairs.steps import StepBody


class Mapping(Input):
    """Steps that are carried out on each event of a group, in their order. Without steps the events are tried as they
    are."""

    steps: Annotated[list[StepBody], Field(max_length=50)]


class Suggestion(BaseModel):
    """A mapping after which events of the group would be accepted, found by trying it."""

    steps: list[dict[str, Any]] = Field(
        description="The steps, as a repair takes them; empty if the events would be accepted as they are"
    )
    accepts: int = Field(description="How many of the tried events would be accepted with these steps")
    tried: int = Field(description="How many events were tried, at most 5")


class Example(BaseModel):
    """One event of a group."""

    quarantine_id: UUID = Field(description="Id of the entry in quarantine")
    native_id: str | None = Field(description="Id that the shop gave the event, if it could be read")
    body: str = Field(
        description="The first 64 KiB of the event as it was received; bytes that are not UTF-8 are replaced by U+FFFD"
    )


class Group(BaseModel):
    """The open events in quarantine that one source sent and that have one cause."""

    group_id: UUID
    source_id: str
    code: str = Field(description="Why the events were not accepted, as a stable code")
    detail: str = Field(description="Why the events were not accepted, as a sentence")
    place: str | None = Field(
        description="JSON Pointer to the field at fault; * stands for any element of a list. Null: the whole event"
    )
    events: int = Field(description="Number of events in the group, counted up to 10,000")
    more: bool = Field(description="Whether the group has more than 10,000 events")
    first_at: datetime = Field(description="When the first event of the group was received")
    last_at: datetime = Field(description="When the last event of the group was received")
    example: Example = Field(description="The oldest event of the group")
    suggestion: Suggestion | None = Field(description="A repair that would help; null if none is known")


class GroupPage(BaseModel):
    """A page of the groups; within a page those with the most events come first."""

    groups: list[Group]
    next_after: UUID | None = Field(description="The `after` of the next page; null on the last one")


class TriedEvent(BaseModel):
    """An event before and after the mapping, and what would become of it."""

    quarantine_id: UUID
    before: str = Field(description="The first 64 KiB of the event as it was received")
    after: str = Field(description="The first 64 KiB of the event after the mapping")
    status: str = Field(description="accepted, duplicate (accepted before), or the status with which it is refused")
    code: str | None
    detail: str | None


class DryRun(BaseModel):
    """What a repair would do. Nothing was changed."""

    events: int = Field(description="Events of the group, at most 100,000")
    tried: int = Field(
        description="How many of the group's oldest events were tried, at most 1,000 or 4 MiB. Only these are counted "
        "below"
    )
    accepted: int = Field(description="Events that would be accepted")
    duplicates: int = Field(
        description="Events that were accepted since, or that repeat another event under the same id"
    )
    remaining: dict[str, int] = Field(
        description="Events that would still be in quarantine, by the code of their cause"
    )
    examples: list[TriedEvent] = Field(description="The first events of each outcome")


class Repair(BaseModel):
    """A repair, and how far it is."""

    repair_id: UUID
    group_id: UUID
    source_id: str
    state: Literal["running", "finished", "stopped"]
    steps: list[dict[str, Any]] = Field(description="The mapping")
    events: int = Field(description="Events of the group when the repair began, at most 100,000")
    tried: int = Field(description="Events that have been tried")
    accepted: int = Field(description="Events that were accepted")
    duplicates: int = Field(description="Events that had been accepted before, and are released too")
    remaining: dict[str, int] = Field(
        description="Events that are still in quarantine, unchanged, by the code for which they would be refused now"
    )
    started_at: datetime
    moved_at: datetime = Field(description="When the repair last made progress")
    finished_at: datetime | None


class RepairPage(BaseModel):
    """A page of repairs, newest first."""

    repairs: list[Repair]
    next_before: str | None = Field(description="The `before` of the next page; null on the last one")
