"""Requests and answers of redemptions. Points are integers, instants RFC 3339 in UTC."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loyalty.domain.programme import POINTS_MAX
from loyalty.redemptions.rows import RedemptionRow, unpack_parts
from loyalty.redemptions.rules import state_at
from mandegar.quantities import from_us

WEEK_SECONDS = 7 * 86_400
# What can be stored and shown anywhere: no control characters.
ShopText = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
State = Literal["reserved", "confirmed", "cancelled", "expired"]


class ReserveRequest(BaseModel):
    """Points to reserve for a cart, an order, or what a till gives for them."""

    model_config = ConfigDict(extra="forbid")

    points: int | None = Field(
        None, strict=True, ge=1, le=POINTS_MAX, description="How many points to reserve, unless a reward is redeemed"
    )
    reward: str | None = Field(
        None, min_length=1, max_length=60, description="The name of a reward, which is reserved at its price"
    )
    expires_in: int = Field(
        900, strict=True, ge=1, le=WEEK_SECONDS, description="Seconds until the points are free again; at most 7 days"
    )
    order_id: ShopText | None = Field(None, description="The order that is paid with them, if it has an id")
    reference: ShopText | None = Field(None, description="The shop's own note, such as the number of a till's receipt")

    @model_validator(mode="after")
    def _asks_for_one(self) -> Self:
        if (self.points is None) == (self.reward is None):
            raise ValueError("either points or a reward is redeemed")
        return self


class ReturnRequest(BaseModel):
    """Points of a confirmed redemption to give back."""

    model_config = ConfigDict(extra="forbid")

    reference: ShopText = Field(description="What the points are given back for: once for each reference")
    points: int | None = Field(
        None, strict=True, ge=1, le=POINTS_MAX, description="How many points; absent: all that did not come back yet"
    )


class RedeemedLot(BaseModel):
    """The points that a redemption takes from one lot."""

    lot_id: UUID
    points: int
    expires_at: datetime | None = Field(description="When the lot expires, also for points that come back to it")


class RedemptionAnswer(BaseModel):
    """A redemption, as of an instant."""

    redemption_id: UUID
    customer_id: str
    state: State = Field(description="A reservation is `expired` from `expires_at` on")
    points: int
    returned: int = Field(description="Points that came back after the redemption was confirmed")
    lots: list[RedeemedLot] = Field(description="The lots whose points are taken: those that expire first")
    order_id: str | None
    reference: str | None
    reward: str | None = Field(description="The reward that it takes, if it is one")
    reserved_at: datetime
    expires_at: datetime = Field(description="When the reservation ends, if it is neither confirmed nor cancelled")
    ended_at: datetime | None = Field(description="When it was confirmed or cancelled")
    as_of: datetime


class IssuedCoupon(BaseModel):
    """The coupon of a reward."""

    code: str = Field(description="To be shown to the customer alone: whoever has it can use it, once")
    expires_at: datetime | None = Field(description="Null: it does not expire")


class ChangedRedemption(RedemptionAnswer):
    """A redemption after a change, and what the customer has left."""

    available: int = Field(description="Points that can be used now")
    coupon: IssuedCoupon | None = Field(None, description="The coupon of a reward, once it is confirmed")
    version: int = Field(description="Compare with the `version` of events and of the balance")


class RedemptionsAnswer(BaseModel):
    """A page of redemptions, the newest first."""

    redemptions: list[RedemptionAnswer]
    next_before: str | None = Field(description="Pass as `before` to get the next page; null on the last page")
    as_of: datetime


def redemption_fields(row: RedemptionRow, now: datetime) -> dict[str, Any]:
    """The fields of ``RedemptionAnswer`` but ``as_of``, as JSON encoders take them."""
    return {
        "redemption_id": str(row.redemption_id),
        "customer_id": row.customer_id,
        "state": state_at(row.state, row.expires_at, now),
        "points": row.points,
        "returned": row.returned,
        "lots": [
            {
                "lot_id": str(part.lot_id),
                "points": part.points,
                "expires_at": None if part.expires_at is None else from_us(part.expires_at),
            }
            for part in unpack_parts(row.lots)
        ],
        "order_id": row.order_id,
        "reference": row.reference,
        "reward": row.reward,
        "reserved_at": row.reserved_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
    }
