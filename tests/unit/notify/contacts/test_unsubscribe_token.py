"""Unsubscribe tokens: they say who leaves, they last, and nobody else can make one."""

import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notify.contacts.unsubscribe_token import Leaving, read_token, token_for
from notify.settings import NotifySettings

KEY = b"k" * 32
LEAVING = Leaving("shop", "c-1", "email")
# Characters that no token begins or ends with: punctuation, spaces, marks of direction, letters of other scripts.
OF_NO_TOKEN = st.one_of(
    st.sampled_from("\u2068\u2069\u200e\u200f\u202c\u00a0 \n.,;:!?<>()[]{}\"'«»،؛"),
    st.characters(codec="utf-8").filter(lambda letter: not re.fullmatch("[a-zA-Z0-9_-]", letter)),
)


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


def test_every_changed_cut_or_added_letter_of_the_alphabet_is_noticed():
    token = token_for(LEAVING, KEY)
    letters = string.ascii_letters + string.digits + "-_"
    places = range(len(token))
    changed = {token[:at] + letter + token[at + 1 :] for at in places for letter in letters} - {token}
    cut = (
        {token[:at] for at in places}
        | {token[at:] for at in places[1:]}
        | {token[:at] + token[at + 1 :] for at in places}
    )
    added = {token[:at] + letter + token[at:] for at in range(len(token) + 1) for letter in letters}

    assert not [text for text in changed | cut | added | {token.lower(), token.upper()} if read_token(text, KEY)]


@given(st.text(OF_NO_TOKEN, max_size=5), st.text(OF_NO_TOKEN, max_size=5))
def test_what_stands_around_a_copied_token_is_left_out(before, behind):
    assert read_token(before + token_for(LEAVING, KEY) + behind, KEY) == LEAVING


@given(st.integers(1, 200), st.text(OF_NO_TOKEN, min_size=1, max_size=5))
@example(3, ".")
def test_what_stands_within_a_token_makes_it_none(position, inserted):
    token = token_for(LEAVING, KEY)
    at = 1 + position % (len(token) - 1)

    assert read_token(token[:at] + inserted + token[at:], KEY) is None


def settings(unsubscribe_key: str) -> NotifySettings:
    return NotifySettings(
        environment="local", kafka_bootstrap="k", worker_database_url="w", web_database_url="w", http_port=1,
        identity_key="an identity key", smtp_url="smtp://m", sms_url="http://s", sms_api_key="s",
        unsubscribe_key=unsubscribe_key,
    )  # fmt: skip


@pytest.mark.parametrize("separator", [",", "\n", " , ", "\r\n"])
def test_keys_rotate_the_first_signs_and_links_of_all_are_accepted(separator):
    before, after = settings("the old key"), settings(f"the new key{separator}the old key")

    sent, new = token_for(LEAVING, before.unsubscribe_secret), token_for(LEAVING, after.unsubscribe_secret)

    assert new == token_for(LEAVING, b"the new key")
    assert [read_token(token, *after.unsubscribe_keys) for token in (sent, new)] == [LEAVING, LEAVING]
    assert read_token(new, *before.unsubscribe_keys) is None


def test_links_that_were_sent_before_there_was_a_key_stay_valid():
    sent = token_for(LEAVING, settings("").unsubscribe_secret)

    assert read_token(sent, *settings("a key").unsubscribe_keys) == LEAVING
    assert read_token(token_for(LEAVING, b"retired"), *settings("a key").unsubscribe_keys) is None
