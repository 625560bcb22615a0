"""Mails as an SMTP server receives them, over a grid of names, shops, links and languages, read by a second library."""

import asyncio
import re
from base64 import b64decode
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from aiosmtpd import smtp
from fast_mail_parser import parse_email
from hypothesis import example, given
from hypothesis import strategies as st

from builders.claims import claim
from builders.events import NOON
from notify.channels.email.smtp import SmtpChannel
from notify.contacts.unsubscribe_token import read_token
from notify.rendering import headers
from notify.rendering.message import render, values
from notify.sends.compose import compose, facts_of, recipient_for, sender_for
from notify.settings import NotifySettings

# Names that greet a customer, short enough to be shown whole; None is nobody's.
NAMES = [
    None, "سارا", "سیدمحمدمهدی", "علی\u200cرضا حسینی نژاد اصفهانی فرد", "John Smith", "Zoë", "李雷",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 Sara", 'Smith, "Jo" <jo>; (x)', "=?utf-8?q?x=0ABcc:_b?=", "שרה לוי",
    "a\\b'c",
]  # fmt: skip
SHOPS = [
    "نمونه",
    "فروشگاه نارنج",
    "Café Zoë",
    'Jones, Smith, Miller and Daughters, "Fine Things" for the House, the Garden, and the Rest, Ltd.',
    "The Very Long Name of a Shop, with Commas, in Letters of ASCII alone, that no Line can hold, however wide",
    ("خانهٔ بزرگ کتاب، موسیقی و هنرهای دستی ایران\u200cزمین " * 4).strip(),
    "=?utf-8?b?QmNj?= Shop",
    "東京" * 40,
    "Plain Shop",
]
# The customer's id decides how long the link is: from 70 characters to 1,200.
CUSTOMERS = ["c", "c" * 200, "آ" * 200, "𐍈" * 200]
LANGUAGES = ["fa", "en"]
HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "List-ID",
    "Feedback-ID", "Auto-Submitted", "X-Entity-Ref-ID", "MIME-Version", "Content-Type",
]  # fmt: skip
SETTINGS = NotifySettings(
    environment="local", kafka_bootstrap="k", worker_database_url="w", web_database_url="w", http_port=1,
    identity_key="an identity key", smtp_url="smtp://m", sms_url="http://s", sms_api_key="s",
    public_url="https://notify.example.test", unsubscribe_key="a key",
)  # fmt: skip
# These are one word, which nothing may divide.
PLAIN_AND_LONG = re.compile(r"List-Unsubscribe: <| [!-~]+$|Feedback-ID: |Content-Type: |List-ID: |Message-ID: ")


class Sink:
    """Stores the bytes of each mail as they came over the wire."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  the name is given
        self.mails.append(envelope.original_content)
        return "250 OK"


async def received(messages):
    """What a mail server got of ``messages``, in their order."""
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: smtp.SMTP(sink, hostname="sink"), "127.0.0.1", 0)
    channel = SmtpChannel(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        outcomes = Counter([(await channel.send(message)).kind for message in messages])
    finally:
        await channel.close()
        server.close()
    assert outcomes == {"accepted": len(messages)}
    return sink.mails


async def test_every_mail_arrives_with_its_texts_its_names_and_one_plain_link_and_nothing_else():
    claims = [
        claim("at_risk_offer", language, customer=customer, shop={"name": shop_name}, contact={"name": name})
        for name, shop_name, customer, language in product(NAMES, SHOPS, CUSTOMERS, LANGUAGES)
    ]
    raw_mails = await received([compose(claimed, SETTINGS, NOON) for claimed in claims])

    assert len(raw_mails) >= 300
    for claimed, raw in zip(claims, raw_mails, strict=True):
        mail, link = parse_email(raw), link_of(raw)
        senders = parse_email(raw.replace(b"From:", b"Reply-To:", 1)).reply_to
        rendered = texts_of(claimed, link)
        assert mail.warnings == []
        assert {name: len(values) for name, values in mail.headers.items()} == dict.fromkeys(HEADERS, 1)
        assert mail.subject == rendered.subject
        assert addresses(senders) == addresses([mail.from_]) == [(claimed.shop.name, claimed.sender)]
        assert addresses(mail.to) == [(None, claimed.contact.email)]
        assert mail.headers["List-Unsubscribe-Post"] == ["List-Unsubscribe=One-Click"]
        assert [text.replace("\r\n", "\n") for text in mail.text_plain] == [rendered.text]
        assert [text.replace("\r\n", "\n") for text in mail.text_html] == [rendered.html]
        assert claimed.contact.name is None or claimed.contact.name in mail.subject
        assert claimed.shop.name in mail.subject
        assert link in rendered.text.split("\n")
        assert f'href="{link}"' in rendered.html
        assert read_token(link.rpartition("/")[2], *SETTINGS.unsubscribe_keys)


async def test_the_bytes_are_lines_of_ascii_that_every_server_takes():
    claims = [
        claim("at_risk_offer", language, customer=customer, shop={"name": shop_name}, contact={"name": name})
        for name, shop_name, customer, language in product(NAMES[:4], SHOPS, CUSTOMERS, LANGUAGES)
    ]
    for raw in await received([compose(claimed, SETTINGS, NOON) for claimed in claims]):
        raw.decode("ascii")
        assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
        lines = raw.decode().split("\r\n")
        assert max(map(len, lines)) <= 998
        assert [line for line in lines if len(line) > 76 and not PLAIN_AND_LONG.match(line)] == []
        words = re.findall(r"=\?[^\s]*\?=", raw.partition(b"\r\n\r\n")[0].decode())
        assert max(map(len, words), default=0) <= 75
        for word in words:
            b64decode(word.removeprefix("=?utf-8?B?").removesuffix("?="), validate=True).decode()


def addresses(parsed):
    return [(each.display_name, each.address) for each in parsed]


def link_of(raw):
    """The link of the unsubscribe header: plain, and in one line if a line can hold it."""
    [value] = re.findall(rb"^List-Unsubscribe:((?: |\r\n )<[^>]+>)\r\n(?! )", raw, re.MULTILINE)
    link = re.sub(rb"\s", b"", value).decode()[1:-1]
    assert re.fullmatch(r"https://notify\.example\.test/u/[A-Za-z0-9_.-]+", link)
    assert value == f" <{link}>".encode() or len(link) > 960
    return link


def texts_of(claimed, link):
    sender = replace(sender_for(claimed.shop, "t", SETTINGS), unsubscribe_url=link)
    recipient = recipient_for(claimed.contact, claimed.shop, claimed.language)
    facts = facts_of(claimed.send.cause_type, claimed.send.payload)
    return render(claimed.journey, values(claimed.journey, facts, recipient, sender, NOON), claimed.language)


def decoded(header):
    """What the second library reads in a mail with this header: its headers, and what it warns of."""
    mail = parse_email(header + b"Date: Sun, 22 Nov 2026 08:30:00 +0000\r\n\r\nbody\r\n")
    assert mail.warnings == []
    return mail


IN_ONE_LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=300)


@given(IN_ONE_LINE)
@example("")
@example(" ")
@example("a  b ")
@example("=?utf-8?q?x=0D=0ABcc:_a@b?=")
@example("Bcc: a@b")
@example("x" * 500)
@example("word " * 60 + "end")
@example("نمونه " * 40 + "پایان")
@example("\U0001f469\u200d" * 60)
def test_a_text_comes_out_of_its_header_as_it_went_in(text):
    mail = decoded(headers.text("Subject", text))

    assert list(mail.headers) == ["Subject", "Date"]
    assert mail.subject == text


@given(IN_ONE_LINE.map(str.strip).filter(bool))
@example("a, b <c@d>, e")
@example('"a" <b@c>, "d')
@example("x" * 500)
@example("a\\")
@example("; group: a@b;")
def test_a_name_comes_out_as_it_went_in_and_makes_no_second_address(name):
    mail = decoded(headers.mailbox("To", "a@example.test", name))

    assert list(mail.headers) == ["To", "Date"]
    assert addresses(mail.to) == [(name, "a@example.test")]


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@example("https://x.test/\r\nBcc: a@b")
@example("x\r\n ")
@example("x\r\n \r\n y")
@example("x\r\n y")
@example("")
def test_a_value_that_is_no_text_stands_as_it_is_or_is_refused(value):
    try:
        raw = headers.structured("List-Unsubscribe", value)
    except ValueError:
        assert not value.isascii() or not value.isprintable()
    else:
        assert raw == (f"List-Unsubscribe: {value}" if value else "List-Unsubscribe:").encode() + b"\r\n"
        assert raw.count(b"\n") == raw.count(b"\r") == 1


@pytest.mark.parametrize("breaking", ["\n", "\r", "\r\n ", "\r\nBcc: a@b"])
def test_a_line_break_in_a_text_is_refused(breaking):
    for write in (headers.text, lambda name, text: headers.mailbox(name, "a@example.test", text)):
        with pytest.raises(ValueError, match="line break"):
            write("From", f"x{breaking}y")
