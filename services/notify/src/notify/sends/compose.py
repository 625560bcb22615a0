"""From a claim to the message for its provider."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from mandegar.events import data_type
from mandegar.shops import Shop
from notify.channels.channel import Outgoing
from notify.contacts.unsubscribe_token import Leaving, token_for
from notify.domain.contact import Contact
from notify.domain.language import Language
from notify.domain.quiet_hours import zone_of
from notify.rendering.message import Recipient, Sender, Sms, render, site_of, values
from notify.rendering.mime import Envelope, to_bytes
from notify.rendering.names import one_line
from notify.sends.claim import Claim
from notify.settings import NotifySettings


def compose(claim: Claim, settings: NotifySettings, now: datetime) -> Outgoing:
    """The message of a claim.

    May raise any error: a shop chooses template and event, and addresses may be of an older release.
    """
    send, to = claim.send, claim.contact.address(claim.send.channel)
    if to is None:
        raise ValueError("the customer has no address")
    leaving = Leaving(send.shop, send.customer_id, send.channel, claim.address_id)
    token = token_for(leaving, settings.unsubscribe_secret)
    sender = sender_for(claim.shop, token, settings)
    facts = facts_of(send.cause_type, send.payload)
    recipient = recipient_for(claim.contact, claim.shop, claim.language)
    message = render(claim.journey, values(claim.journey, facts, recipient, sender, now), claim.language)
    if isinstance(message, Sms):
        return Outgoing(send.send_id, to, claim.sender, message.text.encode())
    envelope = Envelope(
        send_id=send.send_id,
        journey=send.journey,
        shop=send.shop,
        shop_name=sender.shop_name,
        sender_email=claim.sender,
        to=to,
        public_url=settings.public_url,
        unsubscribe_url=sender.unsubscribe_url,
        date=now,
    )
    return Outgoing(send.send_id, to, claim.sender, to_bytes(message, envelope))


def sender_for(shop: Shop, token: str, settings: NotifySettings) -> Sender:
    """The shop as its customers see it, with the unsubscribe link of ``token``."""
    return Sender(
        shop_name=one_line(shop.name, len(shop.name)),
        site_url=site_of(shop.sender_email) if shop.sender_email else "",
        unsubscribe_url=f"{settings.public_url.rstrip('/')}/u/{token}",
        zone=zone_of(shop.zone) or UTC,
    )


def recipient_for(contact: Contact, shop: Shop, language: Language) -> Recipient:
    """The customer as templates see them. ``ValueError`` when neither they nor the shop have a valid zone."""
    zone = zone_of(contact.zone, shop.zone)
    if zone is None:
        raise ValueError("neither the customer nor the shop has a valid zone")
    return Recipient(
        name=contact.name,
        language=language,
        zone=zone,
        points=contact.points,
        tier=contact.tier,
        last_order_at=contact.last_paid_at,
        stops_by_reply=stops_by_reply(contact.phone or ""),
    )


def stops_by_reply(phone: str) -> bool:
    """Whether the operator of a number stops marketing SMS when the customer replies 11: those of Iran do."""
    return phone.startswith("+98")


def facts_of(cause_type: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The data of the triggering event, with instants as instants."""
    return msgspec.structs.asdict(msgspec.convert(payload, data_type(cause_type)))
