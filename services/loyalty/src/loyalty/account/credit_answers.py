"""What a customer has in credit, as answers show it: decimal text, instants RFC 3339 in UTC."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from loyalty.domain.money import credit_text
from loyalty.domain.posting import Balance
from loyalty.domain.purse import Purse
from loyalty.domain.settled import CreditBalance
from mandegar.quantities import from_us


class CreditExpiry(BaseModel):
    """The next usable credit to expire."""

    amount: str
    at: datetime


class CreditAnswer(BaseModel):
    """What a customer has in credit, as decimal text: the same figures as those of points."""

    unit: str = Field(description="The currency, such as IRR")
    available: str
    pending: str
    held: str
    debt: str
    lifetime: str
    next_expiry: CreditExpiry | None


def credit_fields(credit: CreditBalance | None) -> dict[str, Any]:
    """The field ``credits`` of an answer, as JSON encoders take it; nothing if there never was any credit."""
    if credit is None:
        return {}
    told: dict[str, Any] = {**credit_sums(credit.balance)}
    told["next_expiry"] = None
    if credit.next_expiry is not None:
        at, amount = credit.next_expiry
        told["next_expiry"] = {"amount": credit_text(amount), "at": from_us(at)}
    return {"credits": [{"unit": credit.currency, **told}]}


def credit_sums(balance: Balance) -> dict[str, str]:
    """The sums of credit, as decimal text."""
    return {name: credit_text(amount) for name, amount in balance._asdict().items()}


def left_in(purse: Purse) -> dict[str, Any]:
    """What a customer can use after a command, in either unit."""
    told: dict[str, Any] = {"available": purse.available}
    if purse.credit is not None and purse.credit.available:
        told["credit_available"] = credit_text(purse.credit.available)
    return told


class CreditLotAnswer(BaseModel):
    """The credit of one order, as decimal text."""

    amount: str = Field(description="What the order earns after refunds")
    pending: str
    available: str
    held: str
