"""A rendered mail as the bytes that go over SMTP, with the headers that mailbox providers require of bulk senders."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from notify.rendering.message import Mail

_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Envelope:
    """The data of a mail's headers. ``public_url`` is where customers reach this installation."""

    send_id: UUID
    journey: str
    shop: str
    shop_name: str
    sender_email: str
    to: str
    public_url: str
    unsubscribe_url: str
    date: datetime


def to_bytes(mail: Mail, envelope: Envelope) -> bytes:
    """The whole message. Raises ``ValueError`` for a line break in a header and for an invalid address."""
    domain = urlsplit(envelope.public_url).hostname or "localhost"
    list_label = _NOT_IN_A_LABEL.sub("-", envelope.shop.lower()).strip("-") or "shop"
    headers = {
        "From": Address(envelope.shop_name, addr_spec=envelope.sender_email),
        "To": Address(addr_spec=envelope.to),
        "Subject": mail.subject,
        "Date": format_datetime(envelope.date),
        "Message-ID": f"<{envelope.send_id}@{domain}>",
        "List-Unsubscribe": f"<{envelope.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-ID": f"<marketing.{list_label}.{domain}>",
        "Feedback-ID": f"{envelope.journey}:{list_label}:marketing:mandegar",
        "Auto-Submitted": "auto-generated",
        "X-Entity-Ref-ID": str(envelope.send_id),
    }
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        if "\r" in str(value) or "\n" in str(value):
            raise ValueError(f"a line break in the header {name}")
        message[name] = value
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    return message.as_bytes()
