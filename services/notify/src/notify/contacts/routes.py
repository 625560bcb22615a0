"""A customer's consents, to read and to change. No answer shows an address."""

from typing import Annotated

from mandegar.database import Connection, as_shop, as_shop_writing
from mandegar.events import CustomerKey
from mandegar.events.consents import Statement
from mandegar.web import Acting, Ctx, CustomerRead, Problem, Router, audited, errors
from mandegar.web.access import CurrentPrincipal, TokenAccess
from mandegar.web.customers import customer, unknown_customer
from notify.contacts.address_rows import load_words
from notify.contacts.change_consent import change_consents
from notify.contacts.rows import load_contact
from notify.contacts.schemas import ChannelPreference, PreferenceChange, Preferences
from notify.domain.consent import ChannelName, status_of
from notify.domain.contact import Contact

router = Router(prefix="/v1/customers/{customer_id}/preferences", tags=["preferences"])

# A customer may say no with the little proof that a token in a browser is; a yes needs the shop's word.
_WRITE = TokenAccess(("preferences:write",), customer_scopes=("customers:read", "preferences:write"))
CustomerWrite = Annotated[CustomerKey, customer(_WRITE)]


@router.get("", summary="A customer's consents to marketing, by channel")
async def preferences(ctx: Ctx, customer: CustomerRead) -> Preferences:
    key = CustomerKey(customer.shop, customer.customer_id)
    async with as_shop(ctx.web, customer.shop) as connection:
        return await _preferences(connection, key, ctx)


@router.put(
    "",
    summary="Grant or withdraw consent to marketing, by channel",
    responses=errors((403, "grant_by_shop_only", "a customer's own token withdraws consent, and does not grant it")),
    openapi_extra=audited("preferences.put"),
)
async def change_preferences(
    ctx: Ctx, customer: CustomerWrite, who: CurrentPrincipal, act: Acting, change: PreferenceChange
) -> Preferences:
    """A token of the shop grants and withdraws. The customer's own token (with `sub`) may only withdraw, because it
    could be stolen from a browser: to grant, let the shop's server send the request with the scope `preferences:write`.

    The change takes effect at once and is published as `consent.changed`.
    """
    if who.subject is not None and "granted" in change.channels.values():
        raise Problem(
            403,
            "grant_by_shop_only",
            "A customer's own token can withdraw consent, not grant it",
            "Let the shop's server grant it, with a token without sub that has the scope preferences:write",
        )
    key = CustomerKey(customer.shop, customer.customer_id)
    method = "shop" if who.subject is None else "preferences"
    async with as_shop_writing(ctx.web, act) as connection:
        await change_consents(
            connection, key, change.channels, method=method, now=ctx.clock.now(), key=ctx.identity_key
        )
        answer = await _preferences(connection, key, ctx)
    ctx.wake_relay()
    return answer


async def _preferences(connection: Connection, key: CustomerKey, ctx: Ctx) -> Preferences:
    contact = await load_contact(connection, key)
    if contact is None:
        raise unknown_customer()
    email, sms = (contact.address_key(channel, ctx.identity_key) for channel in ("email", "sms"))
    words = await load_words(connection, [address for address in (email, sms) if address is not None])
    return Preferences(
        customer_id=contact.customer_id,
        channels={
            "email": _channel(contact, "email", email and words.get(email)),
            "sms": _channel(contact, "sms", sms and words.get(sms)),
        },
        locale=contact.locale,
        zone=contact.zone,
        as_of=ctx.clock.now(),
    )


def _channel(contact: Contact, channel: ChannelName, word: Statement | None) -> ChannelPreference:
    statement = contact.consent(channel, word)
    return ChannelPreference(
        consent=status_of(statement),
        since=statement.at if statement else None,
        method=statement.method if statement else None,
        has_address=contact.address(channel) is not None,
    )
