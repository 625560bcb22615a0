"""Requests and answers of adjustments. Points are integers, credit is decimal text, instants RFC 3339 in UTC."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loyalty.account.credit_requests import SignedCreditText
from loyalty.adjustments.rows import AdjustmentRow
from loyalty.domain.money import credit_text
from loyalty.domain.programme import DAYS_MAX, POINTS_MAX
from mandegar.events.loyalty import AdjustmentState

# What can be stored and shown anywhere: no control characters but the ends of lines.
Note = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$")]


class AdjustRequest(BaseModel):
    """Points or credit that staff gives to a customer, or takes from them."""

    model_config = ConfigDict(extra="forbid")

    points: int | None = Field(
        None, strict=True, ge=-POINTS_MAX, le=POINTS_MAX, description="Above 0: given, as usable points. Below 0: taken"
    )
    credit: SignedCreditText | None = Field(
        None,
        description="Instead of points, credit in the currency of the shop, as decimal text; a negative amount is "
        "taken",
    )
    reason: str = Field(
        min_length=1,
        max_length=40,
        pattern=r"^[a-z0-9_.-]+$",
        description="A code that the shop chooses, such as goodwill",
    )
    note: Note = Field(description="The author's explanation in words. It is shown here and published nowhere")
    expires_in_days: int | None = Field(
        None,
        strict=True,
        ge=1,
        le=DAYS_MAX,
        description="How many days after today what is given can be used; by default points as the programme says, and "
        "credit without end",
    )
    allow_debt: bool = Field(
        False, description="Whether the customer may owe what they do not have; otherwise the adjustment is refused"
    )

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if (self.points is None) == (self.credit is None):
            raise ValueError("either points or credit is given or taken")
        amount = self.points if self.credit is None else self.credit
        if not amount:
            raise ValueError("points and credit must not be 0")
        if amount < 0 and self.expires_in_days is not None:
            raise ValueError("only what is given expires: leave expires_in_days out")
        if amount > 0 and self.allow_debt:
            raise ValueError("only what is taken can be owed: leave allow_debt out")
        return self

    @property
    def form(self) -> str:
        """The request as text, by which a repetition is known; one about points as before there was credit."""
        return self.model_dump_json(exclude={"credit"} if self.credit is None else None)


class AdjustmentAnswer(BaseModel):
    """An adjustment."""

    adjustment_id: UUID
    customer_id: str
    state: AdjustmentState = Field(
        description="`waiting`: a second person has to approve or refuse it; nothing has moved yet"
    )
    points: int = Field(description="0 where it is about credit")
    credit: str | None = Field(description="Signed credit, as decimal text; null: it is about points")
    reason: str
    note: str
    last_day: date | None = Field(description="The last day of what is given; null: it does not expire")
    allow_debt: bool
    author_key: str = Field(description="The key that signed the author's token")
    author: str | None = Field(
        description="The `sub` of the author's token; its keyed hash (`h_…`) after a rebuild, if it looks like no id"
    )
    asked_at: datetime
    decided_key: str | None = Field(description="The key that signed the token of the person who decided")
    decided_by: str | None
    decided_at: datetime | None


class ChangedAdjustment(AdjustmentAnswer):
    """An adjustment after a change, and what the customer has left."""

    available: int
    credit_available: str | None = Field(None, description="Credit that can be used now; absent: there is none")
    as_of: datetime
    version: int


class AdjustmentsAnswer(BaseModel):
    """A page of the shop's adjustments."""

    adjustments: list[AdjustmentAnswer] = Field(description="Newest first")
    next_before: str | None = Field(description="Pass as `before` to get the next page; null on the last page")


def adjustment_fields(row: AdjustmentRow) -> dict[str, Any]:
    """The fields of ``AdjustmentAnswer``, as JSON encoders take them."""
    fields = {name: getattr(row, name) for name in AdjustmentAnswer.model_fields}
    credit = None if row.credit is None else credit_text(row.credit)
    return {**fields, "adjustment_id": str(row.adjustment_id), "credit": credit}
