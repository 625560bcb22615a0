"""Unsubscribe tokens: they say who leaves, they last, and nobody else can make one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.contacts.unsubscribe_token import Leaving, read_token, token_for

KEY = b"k" * 32
LEAVING = Leaving("shop", "c-1", "email")


@given(st.text(max_size=50), st.text(max_size=200), st.sampled_from(["email", "sms"]))
def test_a_token_reads_back_as_what_it_was_made_of(shop, customer, channel):
    assert read_token(token_for(Leaving(shop, customer, channel), KEY), KEY) == Leaving(shop, customer, channel)


def test_a_token_is_the_same_every_time_and_fits_a_path():
    token = token_for(LEAVING, KEY)

    assert token == token_for(LEAVING, KEY)
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("sent", "leaving"),
    [
        ("WyJzaG9wIiwiYy0xIiwiZW1haWwiXQ.h_Trgci2qdz0CRPvH3vbUQ", LEAVING),
        (
            "WyLZgdix2YjYtNqv2KfZhyIsImdf2KgvMSIsInNtcyJd.P6InvTA-odJeXFyfpxQzWw",
            Leaving("فروشگاه", "g_ب/1", "sms"),
        ),
    ],
)
def test_a_link_that_was_sent_works_for_good(sent, leaving):
    assert read_token(sent, KEY) == leaving
    assert token_for(leaving, KEY) == sent


def test_the_payload_of_a_link_is_never_compressed_so_that_every_release_reads_it():
    payload, _, signature = token_for(Leaving("shop", "c" * 300, "email"), KEY).partition(".")

    assert len(payload) > 400
    assert "." not in signature


def test_another_key_makes_no_token_of_ours():
    assert read_token(token_for(LEAVING, b"x" * 32), KEY) is None


@pytest.mark.parametrize("text", ["", ".", "a.b", "ي.ك", "a" * 5000, "!!!!.????", "W10.AAAA", "\ud800.a", "a.\ud800"])
def test_nonsense_is_no_token(text):
    assert read_token(text, KEY) is None


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_changed_letter_never_makes_it_somebody_elses(position, letter):
    token = token_for(LEAVING, KEY)
    at = position % len(token)
    changed = token[:at] + letter + token[at + 1 :]

    assert read_token(changed, KEY) in (None, LEAVING)
