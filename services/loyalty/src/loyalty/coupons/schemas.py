"""Bodies and answers of coupons. Amounts of money are decimal strings, instants RFC 3339 in UTC."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from mandegar.database import Row
from mandegar.web.shop_texts import OrderId


class CouponAnswer(BaseModel):
    """A coupon that was issued."""

    coupon_id: str = Field(description="Stands for the code in events and in the audit")
    state: Literal["valid", "used", "expired"]
    reward: str
    kind: str = Field(description="The kind of the reward, such as amount_off")
    terms: dict[str, Any] = Field(description="What the reward gave when it was redeemed, by its kind")
    customer_id: str
    redemption_id: str | None = Field(description="Null: the coupon was brought along from another system")
    issued_at: datetime
    expires_at: datetime | None = Field(description="Null: it does not expire")
    used_at: datetime | None
    used_for: str | None = Field(
        description="The order for which it was used: its id, or a hash if that does not look like an id"
    )
    returned_for: list[str] = Field(
        description="The orders from which it came back, because they were cancelled or wholly refunded; first to last"
    )


class Use(BaseModel):
    """What a coupon is used for. All members are optional."""

    order_id: OrderId | None = Field(None, description="A repetition with the same order gets the same answer")
    total: str | int | None = Field(
        default=None,
        description="The total of the order, as decimal text or a whole number: for a coupon with a least total",
    )
    customer_id: str | None = Field(
        default=None, max_length=320, description="If it is given, the coupon must be this customer's"
    )


class PooledAnswer(BaseModel):
    """What became of an upload."""

    reward: str
    added: int
    repeated: int = Field(description="Codes that came before: in this upload, or for any reward of the shop")
    repeated_lines: list[int] = Field(description="The lines of these, counted from 1; at most 100")
    free: int = Field(description="Codes that are left in the pool")


def coupon_fields(row: Row, now: datetime) -> dict[str, Any]:
    """The fields of ``CouponAnswer`` in a row."""
    state = "valid"
    if row["used_at"] is not None:
        state = "used"
    elif row["expires_at"] is not None and row["expires_at"] <= now:
        state = "expired"
    names = ("reward", "kind", "terms", "customer_id", "issued_at", "expires_at", "used_at", "used_for")
    coupon, redemption = row["coupon_id"], row["redemption_id"]
    ids = {"coupon_id": str(coupon), "redemption_id": None if redemption == coupon else str(redemption)}
    returned_for = [order for _, order in sorted(row["returns"].items(), key=lambda entry: (len(entry[0]), entry[0]))]
    return {**ids, "state": state, **{name: row[name] for name in names}, "returned_for": returned_for}
