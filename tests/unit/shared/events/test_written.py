"""Which text a person can have written, and which spellings of an id are one id."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events.written import is_written, plain_id, spellings, trimmed

EVERY = [chr(number) for number in range(sys.maxunicode + 1)]
INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
SPACES = "\u00a0\u2007\u2009\u202f\u3000"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def test_whatever_was_an_id_before_is_the_same_id_now():
    """Ids used to be stripped, printable text: none of them may become another."""
    printable = [letter for letter in EVERY if letter.isprintable()]

    assert all(is_written(letter) for letter in printable)
    assert all(plain_id(f"a{letter}b") == f"a{letter}b" for letter in printable)
    assert all(plain_id(letter) == letter == trimmed(letter) for letter in printable if letter.strip())


def test_what_is_refused_is_what_nobody_writes():
    refused = [letter for letter in EVERY if not is_written(letter)]

    assert {unicodedata.category(letter) for letter in refused} == {"Cc", "Cs", "Cn", "Zl", "Zp"}
    noncharacters = {letter for letter in refused if unicodedata.category(letter) == "Cn"}
    assert len(noncharacters) == 66
    assert all(ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF for letter in noncharacters)


@pytest.mark.parametrize(
    "text", ["کفش\u200cورزشی", FAMILY, "क्\u200dष", "\U0001fae9", "E\U000e0067\U000e007f", "❤\ufe0f"]
)
def test_what_words_and_emoji_are_spelt_with_stays(text):
    assert is_written(text)
    assert plain_id(text) == trimmed(text) == text


@given(
    st.text(st.sampled_from(INVISIBLE + SPACES + " \n\t"), max_size=4), st.sampled_from(["c-42", FAMILY, "کفش\u200cها"])
)
def test_what_a_copy_brings_along_at_an_edge_makes_no_other_id(around, text):
    assert plain_id(around + text + around) == text
    assert trimmed(around + text + around) == text


@given(st.lists(st.sampled_from(INVISIBLE), max_size=3), st.sampled_from(SPACES))
def test_ids_that_nobody_can_tell_apart_are_one(marks, space):
    assert plain_id(f"c{''.join(marks)}-{''.join(marks)}4{space}2") == "c-4 2"


@given(st.text())
def test_an_id_stays_the_same_when_it_is_read_again(text):
    assert plain_id(plain_id(text)) == plain_id(text)
    assert trimmed(trimmed(text)) == trimmed(text)


WRITTEN = st.lists(
    st.sampled_from(["ي", "ی", "ك", "ک", "a", "e\u0301", "é", " ", "\u00a0", "\u200f", "\u200c", "ش"])
).map("".join)


@given(WRITTEN.map(lambda text: f"ش{text}ش"), st.sampled_from(["یک", "يك", "یك", "يک"]))
def test_words_that_look_the_same_have_a_spelling_in_common(text, keyboard):
    """Whoever has another keyboard, or copied the word, writes one of the spellings of the word as it was written."""
    typed = text.translate(str.maketrans("یيکك", keyboard[0] * 2 + keyboard[1] * 2))
    copied = typed.replace(" ", "\u00a0").replace("ش", "\u200fش\u00ad")
    assert spellings(text)[0] == trimmed(text)
    assert len(spellings(text)) <= 36
    for form in ("NFC", "NFD"):
        assert plain_id(unicodedata.normalize(form, copied)) in spellings(text)
    assert {*spellings(copied)} & {*spellings(text)}
    assert spellings("shoes ") == ("shoes",)
