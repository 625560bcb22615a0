"""Unsubscribe tokens: they say who leaves, they last, and nobody else can make one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.contacts.unsubscribe_token import Leaving, read_token, token_for
from notify.settings import NotifySettings

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
