"""The headers that mailbox providers ask of bulk senders, as they stand in the bytes of a mail."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest

from notify.rendering.message import Mail
from notify.rendering.mime import Envelope, to_bytes

SEND = UUID("0b1d3f6e-1111-5222-8333-444455556666")
MAIL = Mail("سلام، ۱٬۲۴۰ امتیاز", "متن\n", "<html><body>متن</body></html>")
ENVELOPE = Envelope(
    send_id=SEND,
    journey="at_risk_offer",
    shop="Shop_1",
    shop_name="فروشگاه نارنج",
    sender_email="hello@shop.example.test",
    to="sara@example.test",
    public_url="https://notify.example.test:8443/base",
    unsubscribe_url="https://notify.example.test:8443/base/u/token",
    date=datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
)


def test_a_mail_carries_every_header_of_a_good_bulk_sender():
    mail = message_from_bytes(to_bytes(MAIL, ENVELOPE), policy=default)

    assert mail["Message-ID"] == f"<{SEND}@notify.example.test>"
    assert mail["List-Unsubscribe"] == "<https://notify.example.test:8443/base/u/token>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-ID"] == "<marketing.shop-1.notify.example.test>"
    assert mail["Feedback-ID"] == "at_risk_offer:shop-1:marketing:mandegar"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == ENVELOPE.date
    assert mail["Subject"] == MAIL.subject
    assert mail["From"].addresses[0].display_name == "فروشگاه نارنج"
    assert mail["To"].addresses[0].addr_spec == "sara@example.test"


def test_both_forms_of_the_text_arrive_whole():
    mail = message_from_bytes(to_bytes(MAIL, ENVELOPE), policy=default)

    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail.get_body(("plain",)).get_content().splitlines() == ["متن"]
    assert "<body>متن</body>" in mail.get_body(("html",)).get_content()


def test_the_same_mail_gives_the_same_message_id_in_every_attempt():
    first, second = (message_from_bytes(to_bytes(MAIL, ENVELOPE), policy=default) for _ in range(2))

    assert first["Message-ID"] == second["Message-ID"]


def test_no_line_is_longer_than_smtp_allows_and_all_are_ascii():
    raw = to_bytes(replace(MAIL, text="ا" * 5000), ENVELOPE)

    raw.decode("ascii")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "change",
    [
        {"to": "a@example.test\r\nBcc: b@example.test"},
        {"shop_name": "x\r\nBcc: b@example.test"},
        {"journey": "x\nBcc: b@example.test"},
        {"unsubscribe_url": "https://x/\r\nBcc: b@example.test"},
        {"to": "no address"},
    ],
)
def test_a_line_break_never_reaches_a_header(change):
    with pytest.raises(ValueError):
        to_bytes(MAIL, replace(ENVELOPE, **change))


def test_a_subject_with_a_line_break_is_refused():
    with pytest.raises(ValueError):
        to_bytes(replace(MAIL, subject="x\r\nBcc: b@example.test"), ENVELOPE)
