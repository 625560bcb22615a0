"""Answers about a programme in the shadow of the live one."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field


class ShadowAnswer(BaseModel):
    """A programme that is counted beside the live one, and how the two differ so far."""

    document: str = Field(description="The YAML text as it was sent")
    since: AwareDatetime = Field(
        description="From when on both programmes are compared; before, the live one counts for both"
    )
    every_hours: int = Field(description="How often the comparison is computed anew")
    promoted_version: int | None = Field(
        description="The version as which the programme was promoted; null: it was not promoted"
    )
    is_computed_now: bool = Field(description="Whether a newer result is being computed, or waits for its turn")
    next_at: AwareDatetime | None = Field(
        description="When the comparison is computed next; null once the programme was promoted"
    )
    replay_id: UUID | None = Field(description="The latest replay that is done; null: none is done yet")
    result: dict[str, Any] | None = Field(
        description="The result of that replay, as `GET /v1/programme/replays/{id}` tells it: `before` is the live "
        "programme, `after` the one in the shadow"
    )
