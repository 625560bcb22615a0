"""Changing consent by the customer's own word: stored at once for their address, and published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from mandegar.database import ShopConnection
from mandegar.events import CustomerKey
from mandegar.events.consents import Statement
from mandegar.outbox import write_outbox
from notify.contacts.address_rows import load_word, save_word
from notify.contacts.events import consent_changed
from notify.contacts.rows import is_erased, lock_contact, save_own_consents
from notify.contacts.unsubscribe_token import Leaving
from notify.domain.consent import About, AddressKey, ChannelName, status_of


async def change_consents(
    connection: ShopConnection,
    customer: CustomerKey,
    wanted: Mapping[ChannelName, Literal["granted", "withdrawn"]],
    *,
    method: str,
    now: datetime,
    key: bytes,
) -> bool:
    """Store a customer's ``wanted`` consents and publish those that changed; False for an unknown customer.

    They are for the present addresses, whose pseudonyms ``key`` makes; those of an alias are its root's. A consent that
    is in force already changes nothing, except that a withdrawal becomes the customer's own word.
    """
    contact = await lock_contact(connection, customer)
    if contact is None:
        return False
    words: dict[ChannelName, About] = {}
    for channel, status in wanted.items():
        address = contact.address_key(channel, key)
        before = await load_word(connection, address)
        present = contact.consent(channel, before)
        unsaid = status == "withdrawn" and address is not None and status_of(before) != "withdrawn"
        if status_of(present) != status or unsaid:
            word = Statement(status, _not_before(now, present, before), method)
            words[channel] = About(word, None if address is None else address.address_id)
    await _store(connection, CustomerKey(contact.shop, contact.customer_id), words, now)
    return True


async def leave(connection: ShopConnection, leaving: Leaving, *, now: datetime, key: bytes) -> None:
    """Withdraw consent by a link: for the address that it was sent to, under whichever id that is, now and later.

    A link of a release before does not tell the address: it is for the one that the customer has. The link of an alias
    is its root's. The link of an erased customer withdraws nothing: nobody is written to any more, and nothing is kept.
    """
    customer = CustomerKey(leaving.shop, leaving.customer_id)
    if leaving.address_id is None:
        await change_consents(
            connection, customer, {leaving.channel: "withdrawn"}, method="one_click", now=now, key=key
        )
        return
    address = AddressKey(leaving.shop, leaving.channel, leaving.address_id)
    contact = await lock_contact(connection, customer)
    if contact is not None:
        customer = CustomerKey(contact.shop, contact.customer_id)
    elif await is_erased(connection, customer):
        return
    before = await load_word(connection, address)
    present = None
    if contact is not None and contact.address_key(leaving.channel, key) == address:
        present = contact.consent(leaving.channel, before)
    word = Statement("withdrawn", _not_before(now, present, before), "one_click")
    # Under another id the address may have got a consent since the last click, so a later click is news.
    if before is None or (word.at, word.status) > (before.at, before.status):
        await _store(connection, customer, {leaving.channel: About(word, address.address_id)}, now)


def _not_before(now: datetime, *others: Statement | None) -> datetime:
    """``now``, but not before the statements that a word replaces, whatever the shop's clock says."""
    return max([now, *(other.at for other in others if other is not None)])


async def _store(
    connection: ShopConnection, customer: CustomerKey, words: Mapping[ChannelName, About], now: datetime
) -> None:
    if not words:
        return
    await save_own_consents(connection, customer, words)
    for channel, (word, address_id) in words.items():
        if address_id is not None:
            await save_word(connection, AddressKey(customer.shop, channel, address_id), word)
    await write_outbox(connection, [consent_changed(customer, channel, said, now) for channel, said in words.items()])
