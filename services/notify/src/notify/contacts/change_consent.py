"""A customer's own word on consent: kept at once, and published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from mandegar.database import Connection, Row
from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.effects import ConsentChanged
from mandegar.outbox import write_outbox
from notify.contacts.rows import load_customer, save_own_consents
from notify.contacts.standing_consent import as_document, standing_word
from notify.domain.consent import Word, status_of
from notify.sends.events import SERVICE

Status = Literal["granted", "withdrawn"]
Channel = Literal["email", "sms"]


async def change_consents(
    connection: Connection, key: CustomerKey, said: Mapping[Channel, Status], *, method: str, now: datetime
) -> Row | None:
    """Keep what the customer ``said`` and publish what it changed; the customer as before, or None for an unknown one.

    Saying again what holds already changes nothing and publishes nothing.
    """
    customer = await load_customer(connection, key, lock=True)
    if customer is None:
        return None
    words: dict[Channel, Word] = {}
    for channel, status in said.items():
        held = standing_word(customer, channel)
        if status_of(held) != status:
            # never dated before the word it replaces, whatever the shop's clock says
            words[channel] = Word(status, max(now, held.at) if held else now, method)
    if words:
        documents: dict[str, Any] = {channel: as_document(word) for channel, word in words.items()}
        await save_own_consents(connection, key, {**customer["own_consents"], **documents})
        await write_outbox(connection, [_event(key, channel, word, now) for channel, word in words.items()])
    return customer


def as_word(said: ConsentChanged) -> Word:
    """A customer's word as it was published."""
    return Word(said.status, said.at, said.method)


def _event(key: CustomerKey, channel: Channel, word: Word, now: datetime) -> Event:
    cause = f"consent|{key.shop}:{key.customer_id}|{channel}|{word.status}|{word.at.isoformat()}"
    return Event(
        id=derived_id(SERVICE, cause, "consent.changed"),
        source=f"urn:mandegar:service:{SERVICE}",
        type="consent.changed",
        time=now,
        shop=key.shop,
        recorded_time=now,
        data=ConsentChanged(channel=channel, status=word.status, at=word.at, method=word.method),
        customer_id=key.customer_id,
    )
