"""A token is verified once and remembered, and each way in which that could let somebody in is closed."""

import time
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.signing import Signer, in_seconds, jwks, verifier
from mandegar.tokens import InvalidToken, Principal, TokenVerifier
from mandegar.tokens.keys import read_keys
from mandegar.tokens.memory import BYTES_MAX, ENTRY_BYTES, TokenMemory
from mandegar.tokens.verify import LEEWAY_SECONDS

ACME, OTHER = Signer("acme-1", "acme"), Signer("acme-2", "acme")
KEYS = read_keys(jwks(ACME))
WHO = Principal("acme", frozenset({"customers:read"}), None, "acme-1", "t-1")


def counted(tokens: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures ``tokens`` checks from now on."""
    checked: list[str] = []
    verified = tokens._verified
    monkeypatch.setattr(tokens, "_verified", lambda token, *rest: (checked.append(token), verified(token, *rest))[1])
    return checked


def test_a_token_is_checked_once_however_often_it_is_used(monkeypatch):
    tokens, used = verifier(ACME), ACME.token("acme", "customers:read", sub="c-1", jti="t-1")
    checked = counted(tokens, monkeypatch)

    first = tokens.verify(used)

    assert [tokens.verify(used) for _ in range(5)] == [first] * 5
    assert (first.token_id, tokens.verify(used).token_id) == ("t-1", "t-1")
    assert checked == [used]


def test_a_token_that_was_remembered_is_refused_once_it_is_revoked():
    tokens, used = verifier(ACME), ACME.token("acme", jti="t-1")
    tokens.verify(used)

    tokens.keys = replace(tokens.keys, revoked=frozenset({"t-1"}))

    with pytest.raises(InvalidToken, match="revoked"):
        tokens.verify(used)


def test_a_token_that_was_remembered_is_refused_once_its_key_is_gone_or_signs_for_other_shops():
    tokens, used = verifier(ACME, OTHER), ACME.token("acme")
    for keys, why in ((jwks(OTHER), "known key"), (jwks(), "no signing keys")):
        tokens.keys = read_keys(jwks(ACME, OTHER))
        tokens.verify(used)
        tokens.keys = read_keys(keys)
        with pytest.raises(InvalidToken, match=why):
            tokens.verify(used)
    tokens.keys = read_keys(jwks(ACME))
    tokens.verify(used)
    narrowed = Signer("acme-1", "another")
    narrowed.key = ACME.key
    tokens.keys = read_keys(jwks(narrowed))

    with pytest.raises(InvalidToken, match="may not sign for this shop"):
        tokens.verify(used)


def test_another_key_under_the_same_name_does_not_take_over_what_the_first_signed():
    tokens, used = verifier(ACME), ACME.token("acme")
    tokens.verify(used)

    tokens.keys = read_keys(jwks(Signer("acme-1", "acme")))

    with pytest.raises(InvalidToken, match="known key"):
        tokens.verify(used)


def test_a_remembered_token_expires():
    tokens, used = verifier(ACME), ACME.token("acme", exp=in_seconds(0.3 - LEEWAY_SECONDS))
    tokens.verify(used)
    time.sleep(0.5)  # the life of a token is real time

    with pytest.raises(InvalidToken, match="expired"):
        tokens.verify(used)


@given(st.floats(0, 2_000), st.floats(0, 2_000), st.lists(st.floats(0, 2_000), max_size=5))
def test_a_principal_is_recalled_within_the_validity_of_its_token_alone(since, until, instants):
    memory = TokenMemory()
    memory.recall("t", KEYS, 0)
    memory.remember("t", KEYS, WHO, since, until)

    for now in instants:
        assert memory.recall("t", KEYS, now) == (WHO if since <= now <= until else None)


def test_a_token_that_is_not_valid_yet_when_the_clock_is_put_back_is_checked_again():
    memory = TokenMemory()
    memory.recall("t", KEYS, 1_000)
    memory.remember("t", KEYS, WHO, 900, 2_000)

    assert memory.recall("t", KEYS, 899) is None


def test_two_tokens_with_one_id_are_two_tokens():
    tokens = verifier(ACME)
    reading = ACME.token("acme", "customers:read", jti="t-1")
    writing = ACME.token("acme", "programme:write", jti="t-1", sub="c-9")

    for _ in range(2):
        assert tokens.verify(reading).scopes == {"customers:read"}
        assert (tokens.verify(writing).scopes, tokens.verify(writing).subject) == ({"programme:write"}, "c-9")


def test_a_token_is_not_taken_for_one_with_another_key_or_another_end():
    tokens = verifier(ACME)
    used = ACME.token("acme", jti="t-1")
    tokens.verify(used)

    strangers = Signer("acme-1", "acme").token("acme", jti="t-1")
    for forged in (strangers, OTHER.token("acme", jti="t-1"), used[:-4] + "AAAA", used + "A", used + "="):
        with pytest.raises(InvalidToken):
            tokens.verify(forged)


def test_refused_tokens_are_not_remembered():
    tokens = verifier(ACME)

    for number in range(50):
        with pytest.raises(InvalidToken):
            tokens.verify(OTHER.token("acme", jti=f"t-{number}"))

    assert len(tokens._memory._verified) == 0


def test_the_memory_has_a_size_whatever_tokens_say_and_keeps_those_in_use():
    memory = TokenMemory(100 * ENTRY_BYTES)
    memory.recall("", KEYS, 0)
    numbers = count()
    for length in (10, 5_000, 10):
        for _ in range(200):
            who = replace(WHO, subject="ü" * length, token_id="\U0001f600" * (length // 4))
            memory.remember(f"t-{next(numbers)}", KEYS, who, 0, 10)
            memory.remember("in use", KEYS, WHO, 0, 10)
            assert memory._verified.currsize <= memory._verified.maxsize
            assert len(memory._verified) <= 100

    assert memory.recall("in use", KEYS, 5) == WHO
    assert memory.recall("t-0", KEYS, 5) is None
    assert memory.recall(f"t-{next(numbers) - 1}", KEYS, 5) is not None


def test_a_token_larger_than_the_memory_is_used_without_being_remembered():
    memory = TokenMemory(ENTRY_BYTES)
    memory.recall("", KEYS, 0)

    memory.remember("t", KEYS, replace(WHO, subject="x" * 5_000), 0, 10)

    assert memory.recall("t", KEYS, 5) is None
    assert BYTES_MAX >= 1_000 * ENTRY_BYTES


def test_what_was_verified_under_other_keys_is_not_remembered_under_these():
    memory = TokenMemory()
    memory.recall("t", KEYS, 0)
    replaced = replace(KEYS, revoked=frozenset({"t-1"}))
    memory.recall("another", replaced, 0)

    memory.remember("t", KEYS, WHO, 0, 10)  # verified before the keys were replaced

    assert memory.recall("t", replaced, 5) is None
