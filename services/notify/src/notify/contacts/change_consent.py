"""Changing a customer's own consent: stored at once, and published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from mandegar.database import ShopConnection
from mandegar.events import CustomerKey
from mandegar.outbox import write_outbox
from notify.contacts.events import consent_changed
from notify.contacts.rows import lock_contact, save_own_consents
from notify.domain.consent import ChannelName, Statement, status_of


async def change_consents(
    connection: ShopConnection,
    key: CustomerKey,
    wanted: Mapping[ChannelName, Literal["granted", "withdrawn"]],
    *,
    method: str,
    now: datetime,
) -> bool:
    """Store a customer's ``wanted`` consents and publish those that changed; False for an unknown customer.

    A consent that is in force already changes nothing and publishes nothing.
    """
    contact = await lock_contact(connection, key)
    if contact is None:
        return False
    statements: dict[ChannelName, Statement] = {}
    for channel, status in wanted.items():
        present = contact.consent(channel)
        if status_of(present) != status:
            # never dated before the statement it replaces, whatever the shop's clock says
            statements[channel] = Statement(status, max(now, present.at) if present else now, method)
    if statements:
        await save_own_consents(connection, key, statements)
        events = [consent_changed(key, channel, statement, now) for channel, statement in statements.items()]
        await write_outbox(connection, events)
    return True
