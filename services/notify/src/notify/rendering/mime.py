"""A rendered mail as the bytes that go over SMTP, with the headers that mailbox providers require of bulk senders."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from mandegar.events.addresses import parse_address
from notify.rendering.message import Mail

# A longer name is divided into encoded words; a quoted string cannot be folded everywhere.
NAME_LINE_MAX = 60
_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9-]+")


class NotAnAddress(ValueError):
    """An address of a mail is not valid. ``code`` is stable; the address is not part of the text."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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
    """The whole message. Raises ``ValueError`` for a line break in a header, ``NotAnAddress`` for a bad address."""
    sender = _mailbox("From", _wire(envelope.sender_email, "bad_sender"), envelope.shop_name)
    recipient = _mailbox("To", _wire(envelope.to, "bad_address"))
    domain = urlsplit(envelope.public_url).hostname or "localhost"
    list_label = _NOT_IN_A_LABEL.sub("-", envelope.shop.lower()).strip("-") or "shop"
    headers = {
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
    return sender + recipient + message.as_bytes()


def _wire(address: str, code: str) -> str:
    try:
        return parse_address(address).wire
    except ValueError:
        raise NotAnAddress(code) from None  # the error may quote the address


def _mailbox(header: str, address: str, name: str = "") -> bytes:
    """The line of a header with one address; raises ``ValueError``.

    It is written here, because ``EmailMessage`` decodes encoded words in names and sends ``a..b@`` without its quotes.
    """
    if "\r" in name or "\n" in name:
        raise ValueError(f"a line break in the header {header}")
    mailbox = f"<{address}>"
    if name.isascii() and name.isprintable() and "=?" not in name and len(name) < NAME_LINE_MAX:
        quoted = name.replace("\\", r"\\").replace('"', r"\"")
        return f'{header}: "{quoted}"\r\n {mailbox}\r\n'.encode() if name else f"{header}: {mailbox}\r\n".encode()
    words = Header(name, "utf-8", header_name=header).encode(linesep="\r\n")
    return f"{header}: {words}\r\n {mailbox}\r\n".encode()
