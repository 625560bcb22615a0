"""The route by which a till finds a customer."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, Field

from loyalty.phones.find import FOUND_MAX, LIMITED, customers_of_phone
from loyalty.programme.announced import UNKNOWN_SHOP
from loyalty.settings import LoyaltySettings
from mandegar.service.context import Context
from mandegar.tokens import Principal
from mandegar.web import Router, errors, require
from mandegar.web.dependencies import context

router = Router(tags=["customers"])
_Ctx = Annotated[Context[LoyaltySettings], Depends(context)]


class Phone(BaseModel):
    """A phone number as a customer says it. It is neither stored nor logged."""

    phone: str = Field(
        max_length=64, description="In any spelling; without a country code it is a number of the shop's country"
    )


class Found(BaseModel):
    """The customers with the number."""

    customers: list[str] = Field(
        description=f"Their ids, at most {FOUND_MAX}. More than one: ask for something else that tells them apart. "
        "Customers whose number came before this release are found once an event names it again"
    )


@router.post(
    "/v1/customers:find",
    summary="Find the customers who have a phone number",
    responses=errors(
        UNKNOWN_SHOP,
        (422, "invalid_phone", "the text is no phone number"),
        LIMITED,
    ),
)
async def find(ctx: _Ctx, who: Annotated[Principal, require("customers:read")], number: Phone) -> Found:
    """The number stands in the body, because paths and queries are written to logs. An id that is an alias is answered
    as the customer whom it leads to.
    """
    return Found(customers=[*await customers_of_phone(ctx, who, number.phone)])
