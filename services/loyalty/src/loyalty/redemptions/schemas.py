"""Requests and answers of redemptions. Points are integers, instants RFC 3339 in UTC."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from loyalty.account.credit_requests import CreditText, MoneyText
from loyalty.domain.money import credit_text
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.purse import Part
from loyalty.redemptions.rows import RedemptionRow, of_credit, of_points, unpack_parts
from loyalty.redemptions.rules import state_at
from mandegar.quantities import from_us
from mandegar.web.shop_texts import OrderId, ShopText

WEEK_SECONDS = 7 * 86_400
State = Literal["reserved", "confirmed", "cancelled", "expired"]


class InvoiceItem(BaseModel):
    """A line of an invoice, for what the programme excludes from payment with points."""

    model_config = ConfigDict(extra="forbid")

    product_id: ShopText | None = None
    category: ShopText | None = None
    amount: MoneyText = Field(description="What the line costs, all of its pieces together")


class InvoiceRequest(BaseModel):
    """The order that is to be paid in part with points."""

    model_config = ConfigDict(extra="forbid")

    order_id: OrderId = Field(description="If this order is refunded or cancelled, points come back in proportion")
    total: MoneyText = Field(description="What the order costs without the points")
    currency: str = Field(min_length=3, max_length=3, description="Must be that of the programme")
    items: list[InvoiceItem] = Field([], max_length=1_000, description="Needed if the programme excludes some goods")


class ReserveRequest(BaseModel):
    """Points to reserve: for what a shop gives for them, or as a part of the payment of an order."""

    model_config = ConfigDict(extra="forbid")

    points: int | None = Field(
        None,
        strict=True,
        ge=1,
        le=POINTS_MAX,
        description="How many points to reserve; with `order`, to pay a part of it",
    )
    reward: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="The name of a reward, which is reserved at its price, alone or beside an order",
    )
    amount: MoneyText | None = Field(
        None, description="With `order`, instead of `points`: as many points as are worth at most this amount"
    )
    credit: CreditText | None = Field(
        None,
        description="Credit to reserve, as decimal text in the currency of the shop: alone or beside all of the above; "
        "with `order`, it pays as much of it",
    )
    order: InvoiceRequest | None = Field(None, description="The order, if points or credit are to pay a part of it")
    expires_in: int = Field(
        900, strict=True, ge=1, le=WEEK_SECONDS, description="Seconds until the points are free again; at most 7 days"
    )
    order_id: OrderId | None = Field(None, description="The order that the points are for; not with `order`")
    reference: ShopText | None = Field(None, description="The shop's own note, such as the number of a till's receipt")

    @model_validator(mode="after")
    def _asks_for_one(self) -> Self:
        wanted, pays = 3 - (self.points, self.reward, self.amount).count(None), (self.points, self.amount).count(None)
        alone = self.credit is not None and not wanted
        if self.order is None and wanted != 1 and not alone:
            raise ValueError("either points, a reward or an amount is redeemed")
        if self.order is not None and pays != 1 and not (pays == 2 and self.credit is not None):
            raise ValueError("either points or an amount pays a part of the order")
        if self.amount is not None and self.order is None:
            raise ValueError("an amount needs an order")
        if self.order is not None and self.order_id is not None:
            raise ValueError("the order has its own order_id")
        return self


class ReturnRequest(BaseModel):
    """Points of a confirmed redemption to give back."""

    model_config = ConfigDict(extra="forbid")

    reference: ShopText = Field(description="What the points are given back for: once for each reference")
    points: int | None = Field(
        None,
        strict=True,
        ge=1,
        le=POINTS_MAX,
        description="How many points; without `credit` too: all that did not come back yet, of both units",
    )
    credit: CreditText | None = Field(None, description="How much credit, as decimal text")


class Discount(BaseModel):
    """What the points pay of the order."""

    amount: str
    currency: str
    points: int = Field(description="The points that pay it: all of the redemption, but for the price of a reward")
    credit: str | None = Field(None, description="The credit that pays a part of the amount, at its face")


class RedeemedLot(BaseModel):
    """The points that a redemption takes from one lot."""

    lot_id: UUID
    points: int
    expires_at: datetime | None = Field(description="When the lot expires, also for points that come back to it")


class RedeemedCreditLot(BaseModel):
    """The credit that a redemption takes from one lot."""

    lot_id: UUID
    amount: str
    expires_at: datetime | None = Field(description="When the lot expires, also for credit that comes back to it")


class RedeemedCreditAnswer(BaseModel):
    """The credit that a redemption takes, in the currency of the shop."""

    amount: str
    returned: str = Field(description="What came back after the redemption was confirmed")
    lots: list[RedeemedCreditLot]


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
    discount: Discount | None = Field(
        description="What the points pay of the order; null: they are no part of a payment"
    )
    credit: RedeemedCreditAnswer | None = Field(None, description="Present if credit is taken")
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
    credit_available: str | None = Field(None, description="Credit that can be used now; absent: there is none")
    coupon: IssuedCoupon | None = Field(None, description="The coupon of a reward, once it is confirmed")
    version: int = Field(description="Compare with the `version` of events and of the balance")


class RedemptionsAnswer(BaseModel):
    """A page of redemptions, the newest first."""

    redemptions: list[RedemptionAnswer]
    next_before: str | None = Field(description="Pass as `before` to get the next page; null on the last page")
    as_of: datetime


def _discount(row: RedemptionRow) -> dict[str, Any] | None:
    if row.discount is None:
        return None
    told = {"amount": f"{row.discount:f}", "currency": row.currency, "points": row.of_payment}
    return told if row.credit is None else {**told, "credit": credit_text(row.credit)}


def _credit(row: RedemptionRow, parts: Sequence[Part]) -> dict[str, Any]:
    if row.credit is None:
        return {}
    lots = [
        {"lot_id": str(part.lot_id), "amount": credit_text(part.points), "expires_at": _instant(part.expires_at)}
        for part in of_credit(parts)
    ]
    told = {"amount": credit_text(row.credit), "returned": credit_text(row.credit_returned), "lots": lots}
    return {"credit": told}


def _instant(at: int | None) -> datetime | None:
    return None if at is None else from_us(at)


def redemption_fields(row: RedemptionRow, now: datetime) -> dict[str, Any]:
    """The fields of ``RedemptionAnswer`` but ``as_of``, as JSON encoders take them."""
    parts = unpack_parts(row.lots)
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
                "expires_at": _instant(part.expires_at),
            }
            for part in of_points(parts)
        ],
        "order_id": row.shown_order_id,
        "reference": row.shown_reference,
        "reward": row.reward,
        "discount": _discount(row),
        **_credit(row, parts),
        "reserved_at": row.reserved_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at,
    }
