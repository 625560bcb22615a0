"""Requests and answers about draws."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field


class HoldRequest(BaseModel):
    """Which draw to hold, with the seed whose hash stands in the programme."""

    draw: Annotated[str, Field(min_length=1, max_length=60, description="The name of a rule in `draws`")]
    seed: Annotated[str, Field(min_length=1, max_length=200, description="The secret; it is published by this")]


class DrawAnswer(BaseModel):
    """A draw that was held, with all that is needed to check it."""

    draw: str
    programme_version: int
    seed_hash: str = Field(description="The SHA-256 of the seed, which stood in the programme before")
    seed: str
    begins_at: datetime = Field(description="Orders that earned points from then on entered their customers,")
    ends_at: datetime = Field(description="until just before then")
    held_at: datetime
    entrants: list[str] = Field(description="Pseudonyms of those who entered, sorted")
    winners: list[str] = Field(
        description="Of these, those whose HMAC-SHA256 with the seed as key is smallest, the smallest first"
    )
    entrant: str | None = Field(description="The pseudonym of the customer who was asked for")
