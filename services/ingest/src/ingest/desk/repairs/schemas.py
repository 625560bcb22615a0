"""Bodies of the routes of groups and repairs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from ingest.desk.inputs import Input
from ingest.desk.repairs.steps import StepBody


class Mapping(Input):
    """Steps that are carried out on each event of a group, in their order. Without any the events are tried as they
    are."""

    steps: Annotated[list[StepBody], Field(max_length=50)]


class Suggestion(BaseModel):
    """A mapping after which events of the group would be accepted, found by trying it."""

    steps: list[dict[str, Any]] = Field(description="The steps, as a repair takes them; none if they are sound by now")
    accepts: int = Field(description="Events that would be accepted then, of those that were tried")
    tried: int = Field(description="Events that were tried, at most 5")


class Example(BaseModel):
    """One event of a group."""

    quarantine_id: UUID = Field(description="Id of the entry in quarantine")
    native_id: str | None = Field(description="Id that the shop gave the event, if it could be read")
    body: str = Field(
        description="Its first 64 KiB as they were received; bytes that are not UTF-8 are replaced by U+FFFD"
    )


class Group(BaseModel):
    """The open events in quarantine that one source sent and that have one cause."""

    group_id: UUID
    source_id: str
    code: str = Field(description="Why the events were not accepted, as a stable code")
    detail: str = Field(description="Why the events were not accepted, as a sentence")
    place: str | None = Field(
        description="JSON Pointer to the field that is meant; * stands for any element of a list. Null: the whole event"
    )
    events: int = Field(description="How many there are, at most 10,000")
    more: bool = Field(description="Whether there are more than that")
    first_at: datetime = Field(description="When the first of them was received")
    last_at: datetime = Field(description="When the last of them was received")
    example: Example = Field(description="The oldest of them")
    suggestion: Suggestion | None = Field(description="A repair that would help; null if none is known")


class GroupPage(BaseModel):
    """A page of the groups; within a page those with the most events come first."""

    groups: list[Group]
    next_after: UUID | None = Field(description="The `after` of the next page; null on the last one")


class TriedEvent(BaseModel):
    """An event before and after the mapping, and what would become of it."""

    quarantine_id: UUID
    before: str = Field(description="Its first 64 KiB as they were received")
    after: str = Field(description="The same after the mapping")
    status: str = Field(description="accepted, duplicate (accepted before), or the status with which it is refused")
    code: str | None
    detail: str | None


class DryRun(BaseModel):
    """What a repair would do. Nothing was changed."""

    events: int = Field(description="Events of the group, at most 100,000")
    tried: int = Field(description="The oldest of them, at most 1,000 or 4 MiB, which the other numbers are about")
    accepted: int = Field(description="Events that would be accepted")
    duplicates: int = Field(
        description="Events that were accepted since, or that say the same as another one under its id"
    )
    remaining: dict[str, int] = Field(
        description="Events that would still be in quarantine, by the code of their cause"
    )
    examples: list[TriedEvent] = Field(description="The first of each outcome")


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
    moved_at: datetime = Field(description="When it last got on")
    finished_at: datetime | None


class RepairPage(BaseModel):
    """A page of repairs, newest first."""

    repairs: list[Repair]
    next_before: str | None = Field(description="The `before` of the next page; null on the last one")
