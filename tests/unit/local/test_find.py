"""What is looked for is found in each form, wherever it stands and however the bytes are cut."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar_local.find.scanning import Scan
from mandegar_local.find.spellings import TooShort, spellings

TEXTS = ["ali@example.com", "شهرزاد قصه‌گو", "O'Neil & Söhne <x>", "+98 912 345 6789", 'say "hi"\\n']
FORMS = {
    "as it is": str.encode,
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON of orjson": lambda text: json.dumps(text, ensure_ascii=False).encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "HTML": lambda text: html.escape(text).encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "hidden in Base64": lambda text: base64.b64encode(text.encode()),
    "behind one byte in Base64": lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
    "behind two bytes in Base64 of a URL": lambda text: base64.urlsafe_b64encode(b"xy" + text.encode() + b"z"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_found_in_each_form(text, form):
    scan = Scan("here", spellings([text]))
    scan.feed(b"before " + FORMS[form](text) + b" after")
    assert {found.text for found in scan.found} == {text}


@pytest.mark.parametrize(
    "kept",
    [
        "989123456789",
        "0912 345 6789".replace(" ", ""),
        "tel:+989123456789",
        "۹۱۲۳۴۵۶۷۸۹".translate(str.maketrans("۰۱۲۳۴۵۶۷۸۹", "0123456789")),
    ],
)
@pytest.mark.parametrize("text", ["+98 912 345 6789", "0912-345-6789", "۰۹۱۲ ۳۴۵ ۶۷۸۹"])
def test_a_number_is_found_however_it_is_written(text, kept):
    scan = Scan("here", spellings([text]))
    scan.feed(kept.encode())
    assert [found.form for found in scan.found] == ["number"]


def test_a_text_in_other_letters_is_found_in_small_ones():
    scan = Scan("here", spellings(["Ali@Example.COM"]))
    scan.feed(b"ali@example.com")
    assert [found.form for found in scan.found] == ["small letters"]


def test_what_is_not_there_is_not_found():
    scan = Scan("here", spellings(TEXTS))
    scan.feed(b"somebody@else.example 0935 111 2222")
    assert not scan.found


@given(st.binary(max_size=60), st.lists(st.integers(1, 9), max_size=30), st.data())
def test_however_the_bytes_are_cut_as_much_is_found(noise, sizes, data):
    whole = b"".join(data.draw(st.permutations([b"ali@example.com", noise, b"ali@example.com", b"ali@exa"])))
    scan = Scan("here", [each for each in spellings(["ali@example.com"]) if each.form == "as it is"])
    at = 0
    for size in sizes:
        scan.feed(whole[at : at + size])
        at += size
    scan.feed(whole[at:])
    assert sum(found.times for found in scan.found) == whole.count(b"ali@example.com")


def test_two_pieces_that_do_not_belong_together_make_no_text():
    scan = Scan("here", spellings(["ali@example.com"]))
    scan.feed_whole(b"ali@exa")
    scan.feed_whole(b"mple.com")
    assert not scan.found


def test_a_text_that_would_be_found_everywhere_is_refused():
    with pytest.raises(TooShort, match="at least 4 bytes"):
        spellings(["ali"])
