"""A customer's consents, to read and to change. No answer shows an address."""

from typing import Annotated

from fastapi import APIRouter, Depends

from mandegar.database import as_shop, as_shop_writing
from mandegar.events import CustomerKey
from mandegar.web import Ctx, CustomerRead, Principal, Problem
from mandegar.web.access import principal, unknown_customer
from notify.contacts.change_consent import change_consents
from notify.contacts.rows import load_contact
from notify.contacts.schemas import ChannelPreference, PreferenceChange, Preferences
from notify.domain.consent import ChannelName, status_of
from notify.domain.contact import Contact

router = APIRouter(prefix="/v1/customers/{customer_id}/preferences", tags=["preferences"])


@router.get("", summary="A customer's consents to marketing, by channel")
async def preferences(ctx: Ctx, customer: CustomerRead) -> Preferences:
    key = CustomerKey(customer.shop, customer.customer_id)
    async with as_shop(ctx.web, customer.shop) as connection:
        contact = await load_contact(connection, key)
    return _preferences(contact, ctx)


@router.put("", summary="Grant or withdraw consent to marketing, by channel")
async def change_preferences(
    ctx: Ctx, customer: CustomerRead, change: PreferenceChange, who: Annotated[Principal, Depends(principal)]
) -> Preferences:
    """Needs the customer's own browser token, or a token of the shop with the scope `customers:write` or `ops`.

    The change takes effect at once and is published as `consent.changed`.
    """
    if who.subject is None and not who.scopes & {"customers:write", "ops"}:
        raise Problem(403, "forbidden", "This needs the customer's own token, or the scope customers:write")
    key = CustomerKey(customer.shop, customer.customer_id)
    method = "shop" if who.subject is None else "preferences"
    async with as_shop_writing(ctx.web, customer.shop) as connection:
        await change_consents(connection, key, change.channels, method=method, now=ctx.clock.now())
        contact = await load_contact(connection, key)
    ctx.wake_relay()
    return _preferences(contact, ctx)


def _preferences(contact: Contact | None, ctx: Ctx) -> Preferences:
    if contact is None:
        raise unknown_customer()
    return Preferences(
        customer_id=contact.customer_id,
        channels={"email": _channel(contact, "email"), "sms": _channel(contact, "sms")},
        locale=contact.locale,
        zone=contact.zone,
        as_of=ctx.clock.now(),
    )


def _channel(contact: Contact, channel: ChannelName) -> ChannelPreference:
    statement = contact.consent(channel)
    return ChannelPreference(
        consent=status_of(statement),
        since=statement.at if statement else None,
        method=statement.method if statement else None,
        has_address=contact.address(channel) is not None,
    )
