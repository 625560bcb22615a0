"""Who a customer id names: addresses become hashes in every spelling, nobody is refused, the rest is left alone."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mandegar.events.addresses import normalise_email, normalise_phone
from mandegar.events.identity import (
    GUEST_PREFIX,
    canonical_customer_id,
    guest_id,
    hashed_id,
    is_opaque,
    opaque_word,
    published_customer_id,
)

KEY = b"a key for tests, and for nothing else"
PHONE = "+989123456789"
ODD = (
    "00000000-0000-0000-0000-000000000000",
    "۰",
    "٠",
    "-۱",
    "x" * 201,
    "a\x00b",
    "a\nb",
    "a\u2028c",
    "\u200e",
    "nu\u200ell",
)


def canonical(raw: str, *, shop: str = "s", key: bytes = KEY) -> str:
    return canonical_customer_id(raw, shop=shop, key=key)


@pytest.mark.parametrize("text", ["sara@example.test", " Sara@Example.TEST ", "SARA@EXAMPLE.TEST\n"])
def test_a_mail_address_has_one_form(text):
    assert normalise_email(text) == "sara@example.test"


@pytest.mark.parametrize(
    "text", ["", "sara", "sara@", "@example.test", "sara@example", "a b@example.test", "a@b@c.test"]
)
def test_what_is_no_mail_address_is_refused_without_being_quoted(text):
    with pytest.raises(ValueError, match=r"^not a mail address$"):
        normalise_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "09123456789",
        "۰۹۱۲۳۴۵۶۷۸۹",
        "٠٩١٢٣٤٥٦٧٨٩",
        "+98 912 345 6789",
        "0098-912-3456789",
        "9123456789",
        " (0912) 345-6789 ",
    ],
)
def test_a_phone_number_has_one_form_in_any_digits(text):
    assert normalise_phone(text, "IR") == PHONE


def test_a_phone_number_is_read_as_dialled_in_its_region():
    assert normalise_phone("020 7946 0018", "GB") == "+442079460018"


@pytest.mark.parametrize("text", ["", "12", "abc", "+98912345678912", "+999123456789", "٫٫٫"])
def test_what_is_no_phone_number_is_refused_without_being_quoted(text):
    with pytest.raises(ValueError, match=r"^not a phone number$"):
        normalise_phone(text, "IR")


@given(st.text(max_size=40))
def test_no_text_makes_a_phone_or_mail_reader_fail_otherwise(text):
    for reader in (normalise_email, lambda t: normalise_phone(t, "IR")):
        try:
            reader(text)
        except ValueError:
            continue


@pytest.mark.parametrize(
    "raw", ["c-1", "42", "0000", "g_abc", "علی", "gid://shop/Customer/7", "a.b-c_d", "+1", "12-34"]
)
def test_an_ordinary_id_is_left_as_it_is(raw):
    assert canonical(raw) == raw


def test_white_space_around_an_id_is_no_part_of_it():
    assert canonical(" c-1\n") == "c-1"


@pytest.mark.parametrize(
    "raw",
    ["", " ", "0", "-1", "null", "NULL", " None ", "undefined", "Guest", "NaN", "[object Object]", "anonymous", *ODD],
)
def test_an_id_that_names_nobody_is_refused_without_being_quoted(raw):
    with pytest.raises(ValueError, match=r"^not a customer id: "):
        canonical(raw)


@pytest.mark.parametrize("raw", ["sara@example.test", "SARA@example.test", " Sara@Example.Test "])
def test_a_mail_address_as_id_becomes_the_hash_of_its_one_form(raw):
    assert canonical(raw) == guest_id("sara@example.test", shop="s", key=KEY)


@pytest.mark.parametrize(
    "raw",
    [PHONE, "00989123456789", "09123456789", "۰۹۱۲۳۴۵۶۷۸۹", "+98 912 345 6789", "0912-345-6789", "+98 (912) 345-6789"],
)
def test_a_phone_number_as_id_becomes_the_hash_of_its_one_form(raw):
    assert canonical(raw) == guest_id(PHONE, shop="s", key=KEY)


@given(st.integers(2, 17), st.integers(1, 10**15))
@example(10, 12345678)
@example(10, 10000123)
@example(17, 123456789012345)
def test_a_number_padded_with_zeros_stays_an_id(width, number):
    raw = f"00{number}".zfill(width)
    assume(not re.fullmatch("0+989[0-9]{9}", raw))

    assert canonical(raw) == raw


@pytest.mark.parametrize("raw", ["+442079460018", "0044 20 7946 0018", "0044-20-7946-0018", "(0044)2079460018"])
def test_a_number_of_another_country_is_one_with_its_plus_sign_or_as_people_write_it(raw):
    assert canonical(raw) == guest_id("+442079460018", shop="s", key=KEY)


def test_the_hash_depends_on_shop_and_key():
    ids = {
        canonical("a@b.test"),
        canonical("a@b.test", shop="t"),
        canonical("a@b.test", key=b"another"),
    }

    assert len(ids) == 3
    assert all(id_.startswith(GUEST_PREFIX) and len(id_) == 34 for id_ in ids)


@given(st.text(max_size=60))
def test_the_canonical_id_of_a_canonical_id_is_itself(raw):
    try:
        once = canonical(raw)
    except ValueError:
        return

    assert canonical(once) == once


@given(st.emails())
def test_no_mail_address_stands_in_a_canonical_id(address):
    assert "@" not in canonical(address)


def published(raw: str, form: str = "pseudonyms", *, shop: str = "s", key: bytes = KEY) -> str:
    return published_customer_id(canonical(raw, shop=shop, key=key), form, shop=shop, key=key)


OPAQUE = [
    "c-42", "42", "12345678", "A_b-9", "x" * 64, "1234-5678", "3f2b8c1e-7a64-4d5e-9a3b-446655440000",
    "550E8400-E29B-41D4-A716-446655440000", "507f1f77bcf86cd799439011", "h_" + "1" * 32, "g_" + "0123456789abcdef" * 2,
]  # fmt: skip
PERSONAL = [
    "989121230001", "9121230002", "02188770003", "canary4@localhost", "+98 912 123 0007 x", "sara＠example.test",
    "sara @example.test", "سارا", "Sara Moradi", "O'Hara", "0912-123-4567", "0912_123_4567", "09-12-12-34-567",
    "u09121234567", "tel-0912-123-4567-home", "0012345679", "6037991812345678", "IR062960000000100324200001",
    "123456789", "x" * 65, "a.b", "a/b", "a:b", "ORD#1001", "1001/2", "۱۰۰۱", "a\nb", "c-42\n", "",
    "00000000-0000-0000-0000-009121234567",
    "000009121234567000000000", "g_0000" + "12345" * 5, "h_09121234567", "g_09121234567", "۰۹۱۲۱۲۳۴۵۶۷۸۹",
]  # fmt: skip


@pytest.mark.parametrize("text", OPAQUE)
def test_an_id_that_a_machine_gave_stays_as_it_is(text):
    assert is_opaque(text)
    assert opaque_word(text, shop="s", key=KEY) == published(text) == text


@pytest.mark.parametrize("text", PERSONAL)
def test_every_other_text_becomes_a_hash(text):
    assert not is_opaque(text)
    assert opaque_word(text, shop="s", key=KEY) == hashed_id(text, shop="s", key=KEY)


@pytest.mark.parametrize("prefix", ["", "a_"])
@pytest.mark.parametrize("text", [text for text in PERSONAL if text not in ("", "a\nb", "c-42\n")])
def test_the_id_of_a_customer_is_hashed_and_that_of_a_browser_stays_one(text, prefix):
    published_id = published(prefix + text)

    assert text not in published_id
    assert is_opaque(published_id.removeprefix("a_"))
    assert published_id.startswith(prefix or ("h_", "g_"))
    if text != "0012345679":
        assert published(prefix + text, "as_sent") == canonical(prefix + text)


@pytest.mark.parametrize("prefix", ["", "a_"])
@pytest.mark.parametrize("raw", ["004915112345678", "0012025550123", "۰۰۴۹۱۵۱۱۲۳۴۵۶۷۸", "0010000023"])
def test_digits_in_the_shape_of_a_phone_number_of_another_country_are_never_published_as_sent(raw, prefix):
    assert published(prefix + raw, "as_sent") == prefix + hashed_id(raw, shop="s", key=KEY)
    for padded in ("0099999999", "00123456789012345", "001234567890123456", "0000012345", "123456789", "0012"):
        assert published(prefix + padded, "as_sent") == prefix + padded


@pytest.mark.parametrize("form", ["pseudonyms", "hash_all", "as_sent"])
@given(raw=st.text(max_size=60) | st.sampled_from(OPAQUE + PERSONAL))
def test_what_is_published_stays_the_same_if_it_is_published_again(form, raw):
    try:
        once = published(raw, form)
    except ValueError:
        return

    assert published(once, form) == once


def test_a_shop_can_have_every_id_hashed_but_those_of_browsers_and_what_is_a_hash():
    hashed = published("sara_moradi", "hash_all")

    assert hashed == hashed_id("sara_moradi", shop="s", key=KEY)
    assert published(hashed, "hash_all") == hashed
    assert published("a_b-7", "hash_all") == "a_b-7"
    assert published("sara@example.test", "hash_all") == guest_id("sara@example.test", shop="s", key=KEY)


def test_a_hash_depends_on_shop_and_key_and_is_no_guests():
    ids = {
        published("Sara Moradi"),
        published("Sara Moradi", shop="t"),
        published("Sara Moradi", key=b"another"),
        guest_id("Sara Moradi", shop="s", key=KEY),
    }

    assert len(ids) == 4
    assert sum(id_.startswith("h_") and len(id_) == 34 for id_ in ids) == 3


@given(st.text(max_size=80))
def test_whatever_is_published_is_opaque(text):
    assert is_opaque(opaque_word(text, shop="s", key=KEY))
