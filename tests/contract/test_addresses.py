"""What the door takes as an address can be stored, composed into a mail that carries exactly it, and said over SMTP."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.desk.shops.schemas import ShopSettings
from mandegar.events.addresses import (
    ADDRESS_MAX,
    LOCAL_PART_MAX,
    InvalidAddress,
    can_receive_sms,
    contact_phone,
    normalise_email,
    normalise_phone,
    parse_address,
)
from mandegar.events.identity import canonical_customer_id, guest_id
from mandegar.events.written import trimmed
from notify.channels.sms.kavenegar import national
from notify.rendering.message import Mail
from notify.rendering.mime import Envelope, to_bytes

MAIL = Mail("Subject", "text\n", "<html><body>text</body></html>")
ENVELOPE = Envelope(
    send_id=UUID(int=1),
    journey="at_risk_offer",
    shop="demo",
    shop_name="Demo",
    sender_email="hello@shop.example.test",
    to="sara@example.test",
    public_url="https://notify.example.test",
    unsubscribe_url="https://notify.example.test/u/token",
    date=datetime(2026, 11, 22, tzinfo=UTC),
)
SHOP = {
    "name": "Demo",
    "zone": "Asia/Tehran",
    "currency": "IRR",
    "locale": "fa",
    "phone_region": "IR",
}

MISTYPED = {
    "user@gmail..com": "bad_domain",
    "sara@example..test": "bad_domain",
    "a@[b.cc": "bad_domain",
    "x@[.yy": "bad_domain",
    "a@[192.0.2.1]": "bad_domain",
    "a@192.0.2.1": "bad_domain",
    "a@b.test>": "bad_domain",
    "<a@b.test>": "bad_local_part",
    "Sara <a@b.test>": "bad_local_part",
    "sara@example.test;": "bad_domain",
    "sara@example.test,": "bad_domain",
    "sara@example.test.": "bad_domain",
    "sara@.example.test": "bad_domain",
    "sara@-example.test": "bad_domain",
    "sara@exa_mple.test": "bad_domain",
    "sara@example": "bad_domain",
    "sara@xn--a.test": "bad_domain",
    "sara@exam\u200bple.test": "bad_domain",
    "sara@exam\ufe0fple.test": "bad_domain",
    "sara@exam\u00adple.test": "bad_domain",
    "sara@example\u200f.test": "bad_domain",
    "s\u202aara@example.test": "bad_local_part",
    "sara\u200c@example.test": "bad_local_part",
    "سارا@example.test": "bad_local_part",
    "sara\x00@example.test": "bad_local_part",
    "sara\ud83d@example.test": "bad_local_part",
    "sa ra@example.test": "bad_local_part",
    '"sa ra"@example.test': "bad_local_part",
    '"@example.test': "bad_local_part",
    "...@example.test": "bad_local_part",
    "=?utf-8?q?x?=@example.test": "bad_local_part",
    "a,b@example.test": "bad_local_part",
    "(a)b@example.test": "bad_local_part",
    "sara": "no_at_sign",
    "a@b@example.test": "several_at_signs",
    "a" * 65 + "@example.test": "too_long",
    "." + "a" * 62 + "@example.test": "too_long",
    "a@" + "b." * 200 + "test": "too_long",
    "a" * 60 + "@" + "é." * 27 + "test": "too_long",
}
UNUSUAL = {
    "a..b@docomo.ne.jp": '"a..b"@docomo.ne.jp',
    "a.@ezweb.ne.jp": '"a."@ezweb.ne.jp',
    ".a@docomo.ne.jp": '".a"@docomo.ne.jp',
    '"a..b"@docomo.ne.jp': '"a..b"@docomo.ne.jp',
    '"sara"@example.test': "sara@example.test",
    "sara@بستنی.ایران": "sara@xn--ngbe0a7ey8a.xn--mgba3a4f16a",
    "sara@BÜCHER.example": "sara@xn--bcher-kva.example",
    "sara@xn--bcher-kva.example": "sara@xn--bcher-kva.example",
    "sara@bu\u0308cher.example": "sara@xn--bcher-kva.example",
    "o'brien+news/x=y@sub.example.co.uk": "o'brien+news/x=y@sub.example.co.uk",
    " Sara@Example.TEST\n": "sara@example.test",
    "\u202asara@example.test\u202c": "sara@example.test",
    "\ufeffsara@example.test\u200f \u200c": "sara@example.test",
    "a" * LOCAL_PART_MAX + "@example.test": "a" * LOCAL_PART_MAX + "@example.test",
}

_ODD = st.text(st.sampled_from("ab.@\"<>[]();:, =?_-+\\'\u200bé۱\0\ud800"), min_size=1, max_size=12)
_LIKE_ADDRESSES = st.one_of(
    st.emails(),
    st.from_regex(r"[^@\s]{1,64}@[^@\s]{1,80}\.[^@\s.]{2,63}", fullmatch=True),
    st.from_regex(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([a-z0-9-]{1,20}\.){1,12}[a-z0-9]{2,20}", fullmatch=True),
    st.from_regex(r"[a-z.\"]{1,10}@[\w.-]{1,20}\.[\w-]{2,10}", fullmatch=True),
    st.builds("{}@{}.test".format, _ODD, _ODD),
    st.builds(lambda address, odd: address + odd, st.emails(), _ODD),
    st.text(max_size=40),
)


@pytest.mark.parametrize(("text", "code"), MISTYPED.items())
def test_a_mistyped_address_is_refused_with_a_code_and_not_quoted(text, code):
    with pytest.raises(InvalidAddress, match=r"^not a mail address$") as refused:
        normalise_email(text)

    assert refused.value.code == code
    assert text not in refused.value.reason
    with pytest.raises(ValueError):
        ShopSettings(**SHOP, sender_email=text)


@pytest.mark.parametrize(("text", "wire"), UNUSUAL.items())
def test_an_unusual_address_that_exists_is_sent_in_the_form_that_smtp_knows(text, wire):
    assert parse_address(normalise_email(text)).wire == wire


@given(_LIKE_ADDRESSES)
@example("a..b@docomo.ne.jp")
@example("a" * 64 + "@" + "b." * 90 + "test")
@example("sara@بستنی.ایران")
@example("sara@" + "ö" * 50 + ".test")
def test_whatever_the_door_takes_is_composed_into_a_mail_to_exactly_this_address(text):
    try:
        address = normalise_email(text)
    except InvalidAddress:
        return

    parsed = parse_address(address)
    wire = parsed.wire
    mail = message_from_bytes(to_bytes(MAIL, replace(ENVELOPE, to=address, sender_email=address)), policy=default)

    for header in (mail["To"], mail["From"]):
        (mailbox,) = header.addresses
        assert (mailbox.username, mailbox.domain) == parsed
        assert not header.defects
    assert f"<{wire}>" in str(to_bytes(MAIL, replace(ENVELOPE, to=address)), "ascii")
    assert normalise_email(address) == address
    assert parse_address(wire) == parsed
    assert wire.isascii()
    assert wire.isprintable()
    assert len(wire) <= ADDRESS_MAX
    assert "\0" not in address
    address.encode()  # PostgreSQL stores what UTF-8 can write


@given(_LIKE_ADDRESSES)
def test_the_door_the_sender_of_a_shop_and_a_mail_take_the_same_addresses(text):
    text = trimmed(text).lower()
    taken = []
    for take in (
        normalise_email,
        lambda address: ShopSettings(**SHOP, sender_email=address),
        lambda address: to_bytes(MAIL, replace(ENVELOPE, to=address)),
        lambda address: to_bytes(MAIL, replace(ENVELOPE, sender_email=address)),
    ):
        try:
            take(text)
            taken.append(True)
        except ValueError:
            taken.append(False)

    assert len(set(taken)) == 1


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=200))
@example('a "quoted" \\ name, with commas; and <brackets>')
@example("=?utf-8?q?x=0D=0ABcc:_a@b?=")
@example("Shop, " * 33)
def test_the_name_of_a_shop_neither_adds_an_address_nor_a_header(name):
    mail = message_from_bytes(to_bytes(MAIL, replace(ENVELOPE, shop_name=name)), policy=default)

    (mailbox,) = mail["From"].addresses
    assert mailbox.addr_spec == ENVELOPE.sender_email
    assert set(mail.keys()) == set(message_from_bytes(to_bytes(MAIL, ENVELOPE), policy=default).keys())


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("sara@example.test", "g_832619b400e8eed38369eecd24276b4a"),
        ("a..b@docomo.ne.jp", "g_449840e8033209a44072778f144e448f"),
        ("sara@بستنی.ایران", "g_95039d9af036982116978dc0b369dea5"),
    ],
)
def test_a_guest_keeps_the_id_that_the_address_always_gave(text, id_):
    assert guest_id(normalise_email(text), shop="s", key=b"k") == id_
    assert canonical_customer_id(text, shop="s", key=b"k") == id_


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("user@gmail..com", "g_8352e6bec84184c76015f1bef14a04d6"),
        ("<a@b.test>", "g_bf9f180078792a24696be1169ac34dc5"),
        ("+12345678", "g_6d7b9569c5074534770ed66091f57e00"),
    ],
)
def test_an_id_that_looks_like_an_address_stays_a_hash_though_nothing_can_be_sent_to_it(text, id_):
    assert canonical_customer_id(text, shop="s", key=b"k") == id_


_DIGITS = st.text(st.sampled_from("0123456789۰۱۲٣+-() .x"), min_size=1, max_size=24)


@given(st.one_of(_DIGITS, st.text(max_size=45)), st.sampled_from(["IR", "US", "GB", "DE", "IT"]))
@example("+98 912 345 6789 ext. 12", "IR")
@example("2345678", "US")
def test_whatever_the_door_takes_as_a_phone_number_can_be_dialled(text, region):
    with suppress(InvalidAddress):
        phone = normalise_phone(text, region)

        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", phone)
        assert normalise_phone(phone, region) == phone
        assert re.fullmatch(r"0[0-9]{5,17}", national(phone))
        assert phonenumbers.is_possible_number_with_reason(phonenumbers.parse(phone)) == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2345678", "impossible_number"),
        ("+98", "unreadable_number"),
        ("0" * 41, "too_long"),
        ("1" * 30, "unreadable_number"),
    ],
)
def test_a_phone_number_that_cannot_be_dialled_is_refused_with_a_code(text, code):
    with pytest.raises(InvalidAddress) as refused:
        normalise_phone(text, "US")

    assert refused.value.code == code


KINDS = phonenumbers.PhoneNumberType
MOBILE = {KINDS.MOBILE, KINDS.FIXED_LINE_OR_MOBILE}
NOT_MOBILE = {
    *(KINDS.FIXED_LINE, KINDS.TOLL_FREE, KINDS.PREMIUM_RATE, KINDS.SHARED_COST, KINDS.VOIP, KINDS.PERSONAL_NUMBER),
    *(KINDS.PAGER, KINDS.UAN, KINDS.VOICEMAIL),
}


def examples():
    """A number of each kind in each region, in E.164, with the kinds that it can be of, unless it is local."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in sorted({KINDS.MOBILE} | NOT_MOBILE):
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None and phonenumbers.is_possible_number_with_reason(number) == 0:
                phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                if len(phone) < 8:  # such as a company's four digits in Iran
                    continue
                either = phonenumbers.number_type(number) == KINDS.FIXED_LINE_OR_MOBILE
                yield region, phone, {*MOBILE, kind} if either else {kind}


def test_sms_goes_to_mobile_phones_of_every_country_and_to_nothing_else():
    seen = set()
    for region, phone, kinds in examples():
        assert can_receive_sms(phone) == bool(kinds & MOBILE), (region, phone, kinds)
        assert contact_phone(phone, "IR") == phone
        seen |= kinds

    assert seen == MOBILE | NOT_MOBILE


def test_the_gateways_form_of_a_number_dials_that_number_in_iran():
    for _, phone, _ in examples():
        assert normalise_phone(national(phone), "IR") == phone
        assert national(phone).startswith("00") != phone.startswith("+98")


@pytest.mark.parametrize(
    "text",
    [
        *("0912123456", "912123456", "+980912123456", "00980912123456", "۰۹۱۲۱۲۳۴۵۶"),
        *("+98 0912 123 456", "+1 555 123 4567", "+44 7700 900123", "+39 0000000000", "+4900000000000", "+11234567890"),
    ],
)
def test_a_number_that_nobody_can_have_is_no_contact_and_gets_no_sms(text):
    phone = None
    with suppress(InvalidAddress):
        phone = normalise_phone(text, "IR")
    with pytest.raises(InvalidAddress) as refused:
        contact_phone(text, "IR")

    assert refused.value.code in ("unassigned_number", "impossible_number")
    if phone is not None:
        assert not can_receive_sms(phone)
        assert normalise_phone(national(phone), "IR") == phone or national(phone).startswith("00")


@pytest.mark.parametrize("text", ["", "x", "10004346", "+98", "+", "+999123456789", "09121234567"])
def test_what_is_no_number_in_e164_gets_no_sms(text):
    assert can_receive_sms(text) is False


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=15), st.sampled_from(["", "+98", "+1", "+49", "+"]))
def test_whatever_gets_an_sms_is_a_contact_and_dials_itself(digits, prefix):
    with suppress(InvalidAddress):
        phone = normalise_phone(prefix + digits, "IR")
        if can_receive_sms(phone):
            assert contact_phone(prefix + digits, "IR") == phone
            assert normalise_phone(national(phone), "IR") == phone
