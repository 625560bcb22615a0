"""The customer in the path of routes that spend, whom a till may name by a phone number or mail address."""

from typing import Annotated

from fastapi import Depends

from loyalty.context import LoyaltyCtx
from loyalty.phones.find import customers_known
from mandegar.events import CustomerKey
from mandegar.events.identity import GUEST_PREFIX
from mandegar.tokens import Principal
from mandegar.web import require
from mandegar.web.customers import CustomerId, customer_key
from mandegar.web.slashes import with_slashes


async def _spender(
    ctx: LoyaltyCtx, who: Annotated[Principal, require("points:spend")], customer_id: CustomerId
) -> CustomerKey:
    """The customer; a number or address counts among those that tills try, with a 429 problem after too many."""
    key = await customer_key(ctx, who, customer_id)
    if key.customer_id.startswith(GUEST_PREFIX) and not with_slashes(customer_id).startswith(GUEST_PREFIX):
        await customers_known(ctx, who, key.customer_id, by_phone=False)
    return key


CustomerSpend = Annotated[CustomerKey, Depends(_spender)]
