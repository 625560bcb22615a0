"""Requests and answers of adjustments. Points are integers, instants RFC 3339 in UTC."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loyalty.adjustments.rows import AdjustmentRow
from loyalty.domain.programme import DAYS_MAX, POINTS_MAX

State = Literal["waiting", "applied", "refused"]
# What can be stored and shown anywhere: no control characters but the ends of lines.
Note = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$")]


class AdjustRequest(BaseModel):
    """Points that staff gives to a customer, or takes from them."""

    model_config = ConfigDict(extra="forbid")

    points: int = Field(
        strict=True, ge=-POINTS_MAX, le=POINTS_MAX, description="Above 0: given, as usable points. Below 0: taken"
    )
    reason: str = Field(
        min_length=1, max_length=40, pattern=r"^[a-z0-9_.-]+$", description="A code of the shop's, such as goodwill"
    )
    note: Note = Field(description="Why, in words of the author's. It is shown here and published nowhere")
    expires_in_days: int | None = Field(
        None,
        strict=True,
        ge=1,
        le=DAYS_MAX,
        description="How many days after today points that are given can be used; by default as the programme says",
    )
    allow_debt: bool = Field(
        False, description="Whether the customer may owe what they do not have; otherwise that is refused"
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.points == 0:
            raise ValueError("points must not be 0")
        if self.points < 0 and self.expires_in_days is not None:
            raise ValueError("only points that are given expire: leave expires_in_days out")
        if self.points > 0 and self.allow_debt:
            raise ValueError("only points that are taken can be owed: leave allow_debt out")
        return self


class AdjustmentAnswer(BaseModel):
    """An adjustment."""

    adjustment_id: UUID
    customer_id: str
    state: State = Field(description="`waiting`: a second person has to approve or refuse it; nothing has moved yet")
    points: int
    reason: str
    note: str
    last_day: date | None = Field(description="The last day of points that are given; null: they do not expire")
    allow_debt: bool
    author_key: str = Field(description="The key that signed the author's token")
    author: str | None = Field(description="The `sub` of the author's token")
    asked_at: datetime
    decided_key: str | None = Field(description="The key that signed the token of who decided")
    decided_by: str | None
    decided_at: datetime | None


class ChangedAdjustment(AdjustmentAnswer):
    """An adjustment after a change, and what the customer has left."""

    available: int
    as_of: datetime
    version: int


class AdjustmentsAnswer(BaseModel):
    """A page of the shop's adjustments."""

    adjustments: list[AdjustmentAnswer] = Field(description="Newest first")
    next_before: str | None = Field(description="Pass as `before` to get the next page; null on the last page")


def adjustment_fields(row: AdjustmentRow) -> dict[str, Any]:
    """The fields of ``AdjustmentAnswer``, as JSON encoders take them."""
    fields = {name: getattr(row, name) for name in AdjustmentAnswer.model_fields}
    return {**fields, "adjustment_id": str(row.adjustment_id)}
