"""A rendered mail as the bytes that go over SMTP, with the headers that mailbox providers require of bulk senders."""

import re
from base64 import encodebytes
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID

from mandegar.events.addresses import parse_address
from notify.rendering import headers
from notify.rendering.message import Mail

_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9-]+")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")


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
    domain = _domain(envelope.public_url)
    list_label = _NOT_IN_A_LABEL.sub("-", envelope.shop.lower()).strip("-") or "shop"
    boundary = f"=_{envelope.send_id.hex}"
    return b"".join(
        [
            headers.mailbox("From", _wire(envelope.sender_email, "bad_sender"), envelope.shop_name),
            headers.mailbox("To", _wire(envelope.to, "bad_address")),
            headers.text("Subject", mail.subject),
            headers.structured("Date", format_datetime(envelope.date)),
            headers.structured("Message-ID", f"<{envelope.send_id}@{domain}>"),
            headers.structured("List-Unsubscribe", f"<{envelope.unsubscribe_url}>"),
            headers.structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            headers.structured("List-ID", f"<marketing.{list_label}.{domain}>"),
            headers.structured("Feedback-ID", f"{envelope.journey}:{list_label}:marketing:mandegar"),
            headers.structured("Auto-Submitted", "auto-generated"),
            headers.structured("X-Entity-Ref-ID", str(envelope.send_id)),
            headers.structured("MIME-Version", "1.0"),
            headers.structured("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
            *(_part(boundary, subtype, text) for subtype, text in (("plain", mail.text), ("html", mail.html))),
            f"\r\n--{boundary}--\r\n".encode(),
        ]
    )


def _part(boundary: str, subtype: str, text: str) -> bytes:
    """One form of the text. Lines of base64 can neither be too long nor begin with the boundary."""
    content = encodebytes(_LINE_BREAK.sub("\r\n", text).encode()).rstrip().replace(b"\n", b"\r\n")
    return b"".join(
        [
            f"\r\n--{boundary}\r\n".encode(),
            headers.structured("Content-Type", f"text/{subtype}; charset=utf-8"),
            headers.structured("Content-Transfer-Encoding", "base64"),
            b"\r\n",
            content,
        ]
    )


def _domain(public_url: str) -> str:
    return (urlsplit(public_url).hostname or "localhost").encode("idna").decode()


def _wire(address: str, code: str) -> str:
    try:
        return parse_address(address).wire
    except ValueError:
        raise NotAnAddress(code) from None  # the error may quote the address
