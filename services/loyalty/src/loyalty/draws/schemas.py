"""Requests and answers about draws."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class HoldRequest(BaseModel):
    """Which draw to hold, with the seed whose hash stands in the programme."""

    draw: Annotated[str, Field(min_length=1, max_length=60, description="The name of a rule in `draws`")]
    seed: Annotated[
        str, Field(min_length=1, max_length=200, description="The secret seed; holding the draw publishes it")
    ]


class ComingDraw(BaseModel):
    """A draw that will be held automatically."""

    draw: str
    winners: int
    points: int = Field(description="What each winner gets")
    begins_at: datetime = Field(description="Orders that earn points from then on enter their customers,")
    ends_at: datetime = Field(description="until just before then")
    held_at: datetime = Field(description="When the draw is due; it is held a few minutes later")
    seed_hash: str = Field(description="The SHA-256 of its seed, which is published when the draw is held")


class LateDraw(BaseModel):
    """A draw that is due and was not held, or never will be."""

    draw: str
    ends_at: datetime
    due_at: datetime
    reason: Literal["too_many_entrants", "name_used", "waits"] = Field(
        description="`too_many_entrants`: when it was tried last, more customers had entered than a draw can have; "
        "`name_used`: a draw of this name was held at another end; `waits`: what was recorded before `due_at` is not "
        "applied yet, or an attempt failed and is made again, which the log explains (`draw_not_held`)"
    )


class HeldDraw(BaseModel):
    """A draw that was held."""

    draw: str
    held_at: datetime


class DrawsAnswer(BaseModel):
    """The draws of a shop."""

    coming: list[ComingDraw] = Field(description="The next draw of each rule that has its seed, the earliest first")
    not_held: list[LateDraw] = Field(
        description="Draws that are due and were not held, or whose name was used, the earliest first, at most 20"
    )
    held: list[HeldDraw] = Field(description="The newest first, at most 100")


class DrawAnswer(BaseModel):
    """A draw that was held, with all that is needed to check it."""

    draw: str
    programme_version: int
    seed_hash: str = Field(description="The SHA-256 of the seed, as the programme had it before the draw")
    seed: str
    begins_at: datetime = Field(description="Orders that earned points from then on entered their customers,")
    ends_at: datetime = Field(description="until just before then")
    held_at: datetime
    entrants: list[str] = Field(description="Pseudonyms of those who entered, sorted")
    winners: list[str] = Field(
        description="The entrants whose HMAC-SHA256 under the seed is smallest, the smallest first"
    )
    entrant: str | None = Field(description="The pseudonym of the customer in the query")
