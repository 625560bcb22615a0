"""From a claim to the bytes for its provider."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from jinja2 import TemplateError

from mandegar.database import Row
from mandegar.events import data_type
from mandegar.shops import Shop
from notify.channels.channel import Outgoing
from notify.contacts.unsubscribe_token import Leaving, token_for
from notify.domain.quiet_hours import zone_of
from notify.rendering.formats import Language
from notify.rendering.message import Recipient, Sender, Sms, render, site_of, values
from notify.rendering.mime import Envelope, to_bytes
from notify.sends.claim import Claim, address_of, sender_of
from notify.settings import NotifySettings

NOT_COMPOSED = (ValueError, LookupError, FileNotFoundError, TemplateError, msgspec.MsgspecError)


def compose(claim: Claim, settings: NotifySettings, now: datetime) -> Outgoing:
    """The message of a claim; one of ``NOT_COMPOSED`` when it cannot be made."""
    send, channel = claim.send, claim.send["channel"]
    to, sender_address = address_of(claim.customer, channel), sender_of(claim.shop, channel, settings)
    if to is None:
        raise ValueError("the address is gone")
    sender = sender_for(claim.shop, Leaving(claim.shop.shop, send["customer_id"], channel), settings)
    facts = facts_of(send["cause_type"], send["payload"])
    recipient = recipient_for(claim.customer, claim.shop, claim.language)
    message = render(claim.journey, values(claim.journey, facts, recipient, sender, now), claim.language)
    if isinstance(message, Sms):
        return Outgoing(send["send_id"], to, sender_address, message.text.encode())
    envelope = Envelope(
        send_id=send["send_id"],
        journey=send["journey"],
        shop=claim.shop.shop,
        shop_name=sender.shop_name,
        sender_email=sender_address,
        to=to,
        public_url=settings.public_url,
        unsubscribe_url=sender.unsubscribe_url,
        date=now,
    )
    return Outgoing(send["send_id"], to, sender_address, to_bytes(message, envelope))


def sender_for(shop: Shop, leaving: Leaving, settings: NotifySettings) -> Sender:
    """The shop as this customer sees it, with the link by which they leave this channel."""
    return Sender(
        shop_name=shop.name,
        site_url=site_of(shop.sender_email or settings.default_sender_email),
        unsubscribe_url=f"{settings.public_url.rstrip('/')}/u/{token_for(leaving, settings.unsubscribe_secret)}",
    )


def recipient_for(customer: Row, shop: Shop, language: Language) -> Recipient:
    """What a template may know of a customer. ``ValueError`` when neither they nor the shop have a zone."""
    zone = zone_of(customer["zone"], shop.zone)
    if zone is None:
        raise ValueError("no zone is known")
    return Recipient(
        name=customer["name"],
        language=language,
        zone=zone,
        points=customer["points"],
        tier=customer["tier"],
        last_order_at=customer["last_paid_at"],
    )


def facts_of(cause_type: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the triggering event said, with instants as instants."""
    return msgspec.structs.asdict(msgspec.convert(payload, data_type(cause_type)))
