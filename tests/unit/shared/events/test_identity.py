"""Who a customer id names: addresses become hashes in every spelling, nobody is refused, the rest is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events.addresses import normalise_email, normalise_phone
from mandegar.events.identity import GUEST_PREFIX, canonical_customer_id, guest_id

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


def test_a_number_padded_with_zeros_that_is_no_phone_stays_an_id():
    assert canonical("00123456789012345") == "00123456789012345"


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
