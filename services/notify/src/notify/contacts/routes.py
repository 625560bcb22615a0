"""A customer's consents, to read and to change. No address is shown."""

from typing import Annotated

from fastapi import APIRouter, Depends

from mandegar.database import Row, as_shop
from mandegar.events import CustomerKey
from mandegar.web import Ctx, CustomerRead, Principal, Problem
from mandegar.web.access import principal, unknown_customer
from notify.contacts.change_consent import change_consents
from notify.contacts.rows import load_customer
from notify.contacts.standing_consent import standing_word
from notify.domain.consent import status_of
from notify.schemas import ChannelPreference, PreferenceChange, Preferences

router = APIRouter(prefix="/v1/customers/{customer_id}/preferences", tags=["preferences"])


@router.get("", summary="What a customer agreed to, by channel")
async def preferences(ctx: Ctx, customer: CustomerRead) -> Preferences:
    key = CustomerKey(customer.shop, customer.customer_id)
    async with as_shop(ctx.web, customer.shop) as connection:
        row = await load_customer(connection, key)
    return _preferences(row, ctx)


@router.put("", summary="Change what a customer agreed to")
async def change_preferences(
    ctx: Ctx, customer: CustomerRead, change: PreferenceChange, who: Annotated[Principal, Depends(principal)]
) -> Preferences:
    """The customer with a browser token of their own, or the shop with ``customers:write`` or ``ops``."""
    if who.subject is None and not who.scopes & {"customers:write", "ops"}:
        raise Problem(403, "forbidden", "This needs the customer's own token, or the scope customers:write")
    key = CustomerKey(customer.shop, customer.customer_id)
    method = "shop" if who.subject is None else "preferences"
    async with as_shop(ctx.web, customer.shop, readonly=False) as connection:
        await change_consents(connection, key, change.channels, method=method, now=ctx.clock.now())
        row = await load_customer(connection, key)
    ctx.wake_relay()
    return _preferences(row, ctx)


def _preferences(row: Row | None, ctx: Ctx) -> Preferences:
    if row is None:
        raise unknown_customer()
    return Preferences(
        customer_id=row["customer_id"],
        channels={"email": _channel(row, "email"), "sms": _channel(row, "sms")},
        locale=row["locale"],
        zone=row["zone"],
        as_of=ctx.clock.now(),
    )


def _channel(row: Row, channel: str) -> ChannelPreference:
    word = standing_word(row, channel)
    return ChannelPreference(
        consent=status_of(word),
        since=word.at if word else None,
        method=word.method if word else None,
        has_address=row["email" if channel == "email" else "phone"] is not None,
    )
