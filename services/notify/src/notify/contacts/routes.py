"""A customer's consents, to read and to change. No answer shows an address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Response

from mandegar.database import as_shop_writing
from mandegar.events import CustomerKey
from mandegar.events.consents import Statement
from mandegar.service.reads import read_as_of
from mandegar.web import Acting, Ctx, CustomerRead, Problem, Router, audited, errors
from mandegar.web.access import CurrentPrincipal, TokenAccess
from mandegar.web.customers import customer, unknown_customer
from mandegar.web.json_answer import json_answer
from notify.contacts.address_rows import READ_WORDS, load_words, words_of
from notify.contacts.change_consent import change_consents
from notify.contacts.rows import READ_CONTACT, contact_of, load_contact
from notify.contacts.schemas import PreferenceChange, Preferences
from notify.domain.consent import AddressKey, ChannelName, status_of
from notify.domain.contact import Contact

router = Router(prefix="/v1/customers/{customer_id}/preferences", tags=["preferences"])

_CHANNELS: Final[tuple[ChannelName, ...]] = ("email", "sms")

# A customer may say no with the little proof that a token in a browser is; a yes needs the shop's word.
_WRITE = TokenAccess(("preferences:write",), customer_scopes=("customers:read", "preferences:write"))
CustomerWrite = Annotated[CustomerKey, customer(_WRITE)]


@router.read("", Preferences, summary="Get a customer's consents to marketing, by channel")
async def preferences(ctx: Ctx, customer: CustomerRead) -> Response:
    rows, as_of = await read_as_of(ctx, READ_CONTACT, customer.shop, customer.customer_id)
    if not rows:
        raise unknown_customer()
    contact = contact_of(rows[0])
    words: dict[AddressKey, Statement] = {}
    if addresses := _addresses(contact, ctx):
        # The pseudonym of an address is made with the identity key, which the database does not have.
        channels, ids = [each.channel for each in addresses], [each.address_id for each in addresses]
        words = words_of((await read_as_of(ctx, READ_WORDS, customer.shop, channels, ids)).rows)
    return json_answer(_preferences(contact, words, ctx, as_of))


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
        contact = await load_contact(connection, key)
        if contact is None:
            raise unknown_customer()
        words = await load_words(connection, _addresses(contact, ctx))
    ctx.wake_relay()
    return Preferences(**_preferences(contact, words, ctx, ctx.clock.now()))


def _addresses(contact: Contact, ctx: Ctx) -> list[AddressKey]:
    keys = [contact.address_key(channel, ctx.identity_key) for channel in _CHANNELS]
    return [key for key in keys if key is not None]


def _preferences(contact: Contact, words: Mapping[AddressKey, Statement], ctx: Ctx, as_of: datetime) -> dict[str, Any]:
    """The fields of ``Preferences``."""
    keys = {channel: contact.address_key(channel, ctx.identity_key) for channel in _CHANNELS}
    return {
        "customer_id": contact.customer_id,
        "channels": {channel: _channel(contact, channel, key and words.get(key)) for channel, key in keys.items()},
        "locale": contact.locale,
        "zone": contact.zone,
        "as_of": as_of,
    }


def _channel(contact: Contact, channel: ChannelName, word: Statement | None) -> dict[str, Any]:
    statement = contact.consent(channel, word)
    return {
        "consent": status_of(statement),
        "since": statement.at if statement else None,
        "method": statement.method if statement else None,
        "has_address": contact.address(channel) is not None,
    }
