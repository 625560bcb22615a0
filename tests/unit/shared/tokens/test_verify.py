"""Tokens: only what a key of the shop signed, for us and in time, proves anything; no forgery does."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.signing import Signer, in_seconds, verifier
from mandegar.tokens import InvalidToken, Principal, TokenVerifier

ACME = Signer("acme-1", "acme")
OTHER = Signer("other-1", "other")
OPERATOR = Signer("operator", "*")
TOKENS = verifier(ACME, OTHER, OPERATOR)


def refused(token: str) -> str:
    with pytest.raises(InvalidToken) as why:
        TOKENS.verify(token)
    return str(why.value)


def segment(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims() -> dict[str, object]:
    return {"aud": "mandegar", "shop": "acme", "scope": "ops", "exp": in_seconds(3600)}


def test_a_token_gives_shop_and_scopes():
    found = TOKENS.verify(ACME.token("acme", "customers:read ops"))

    assert found == Principal("acme", frozenset({"customers:read", "ops"}), key_id="acme-1")


def test_a_token_with_a_subject_is_a_browsers():
    assert TOKENS.verify(ACME.token("acme", sub="c-1")).subject == "c-1"


@pytest.mark.parametrize("subject", ["", " ", None, 0, 7, ["c-1"], {}])
def test_a_subject_that_names_nobody_does_not_make_a_token_for_everybody(subject):
    assert refused(ACME.token("acme", "customers:read", sub=subject)) == "the token's subject is empty"


def test_the_old_name_of_the_algorithm_is_as_good():
    assert TOKENS.verify(ACME.token("acme", header={"alg": "EdDSA"})).shop == "acme"


def test_the_operators_key_may_sign_for_every_shop():
    assert TOKENS.verify(OPERATOR.token("acme")).shop == "acme"


def test_an_operator_is_a_token_for_every_shop_that_an_operators_key_signed():
    assert TOKENS.verify(OPERATOR.token("*", "ops")).operator
    assert not TOKENS.verify(OPERATOR.token("acme", "ops")).operator
    assert not TOKENS.verify(ACME.token("acme", "ops")).operator
    assert refused(ACME.token("*", "ops")) == "the key may not sign for this shop"


@pytest.mark.parametrize("shop", ["other", "*", "", None, 5, ["acme"]])
def test_a_key_signs_for_its_own_shops_only(shop):
    assert refused(ACME.token(shop)) == "the key may not sign for this shop"


def test_a_token_lives_a_minute_beyond_its_end_for_clocks_that_differ():
    assert TOKENS.verify(ACME.token("acme", exp=in_seconds(-50)))
    assert refused(ACME.token("acme", exp=in_seconds(-70))) == "the token has expired"


@pytest.mark.parametrize(
    "end", [None, "tomorrow", "9999999999", float("nan"), float("inf"), -1, [], 0, True, 10**400, -(10**400)]
)
def test_a_token_without_a_sensible_end_has_expired(end):
    assert refused(ACME.token("acme", exp=end)) == "the token has expired"


def test_a_token_does_not_live_before_its_beginning():
    assert TOKENS.verify(ACME.token("acme", nbf=in_seconds(50)))
    assert refused(ACME.token("acme", nbf=in_seconds(70))) == "the token is not valid yet"


@pytest.mark.parametrize("audience", [None, "", "another", ["another"], {"mandegar": 1}, "mandegar "])
def test_a_token_for_somebody_else_is_refused(audience):
    assert refused(ACME.token("acme", aud=audience)) == "the token's audience is not mandegar"


def test_a_token_may_be_for_several():
    assert TOKENS.verify(ACME.token("acme", aud=["another", "mandegar"])).shop == "acme"


def test_an_unknown_key_proves_nothing():
    refused(Signer("stranger", "acme").token("acme"))


def test_a_strangers_signature_under_a_known_name_proves_nothing():
    refused(Signer(ACME.kid, "acme").token("acme"))


def test_one_shops_key_does_not_sign_under_the_name_of_anothers():
    refused(ACME.token("other", header={"kid": OTHER.kid}))


def test_a_token_that_names_no_key_proves_nothing():
    head = segment({"alg": "Ed25519"})
    body = segment(claims())
    signature = ACME.key.private_key.sign(f"{head}.{body}".encode())

    refused(f"{head}.{body}.{segment(signature)}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_proves_nothing(algorithm):
    refused(f"{segment({'alg': algorithm, 'kid': ACME.kid})}.{segment(claims())}.")


@pytest.mark.parametrize("secret", ["x", "pem", "der"])
def test_the_public_key_is_no_shared_secret(secret):
    signed = f"{segment({'alg': 'HS256', 'kid': ACME.kid})}.{segment(claims())}"
    keys = {
        "x": base64.urlsafe_b64decode(ACME.public()["x"] + "="),
        "pem": ACME.key.as_pem(private=False),
        "der": ACME.key.as_der(private=False),
    }
    signature = hmac.new(keys[secret], signed.encode(), hashlib.sha256).digest()

    refused(f"{signed}.{segment(signature)}")


def test_a_changed_claim_breaks_the_signature():
    head, _, signature = ACME.token("acme").split(".")

    refused(f"{head}.{segment(claims() | {'shop': 'other'})}.{signature}")


@pytest.mark.parametrize("body", [[], "acme", 5, None, b"\xff", b"{", b"[" * 100_000])
def test_claims_that_are_no_object_prove_nothing_even_when_signed(body):
    signed = f"{segment({'alg': 'Ed25519', 'kid': ACME.kid})}.{segment(body)}"

    refused(f"{signed}.{segment(ACME.key.private_key.sign(signed.encode()))}")


@given(
    st.text(max_size=60) | st.builds(".".join, st.lists(st.text("eyJhbGci0_-=", max_size=12), min_size=3, max_size=3))
)
def test_no_text_raises_anything_but_invalid_token(text):
    refused(text)


def test_without_keys_nobody_gets_in():
    with pytest.raises(InvalidToken):
        TokenVerifier('{"keys": []}').verify(ACME.token("acme"))


@pytest.mark.parametrize("member", ["crit", "jku", "jwk", "x5u", "x5c", "b64"])
def test_a_token_does_not_choose_the_key_that_verifies_it(member):
    head = {"alg": "Ed25519", "kid": ACME.kid, member: [] if member in {"crit", "x5c"} else "https://evil.example"}
    signed = f"{segment(head)}.{segment(claims())}"

    reason = refused(f"{signed}.{segment(ACME.key.private_key.sign(signed.encode()))}")

    assert reason == f"the token's header must not contain {member}"


@pytest.mark.parametrize("kid", ["", None, 5, ["acme-1"], {"acme-1": 1}, "ACME-1", "acme-1 "])
def test_only_the_very_name_of_a_key_finds_it(kid):
    signed = f"{segment({'alg': 'Ed25519', 'kid': kid})}.{segment(claims())}"

    assert refused(f"{signed}.{segment(ACME.key.private_key.sign(signed.encode()))}")


def test_a_token_of_any_length_costs_little():
    assert refused("a" * 10_000_000) == "the token is longer than 8192 characters"
    assert refused(ACME.token("acme", scope="ops " * 5_000)) == "the token is longer than 8192 characters"


@pytest.mark.parametrize(
    ("claims", "hours"),
    [
        ({"exp": in_seconds(91 * 86_400)}, 2160),
        ({"exp": in_seconds(3600), "iat": in_seconds(-91 * 86_400)}, 2160),
        ({"exp": in_seconds(25 * 3600), "sub": "c-1"}, 24),
        ({"exp": in_seconds(3600), "iat": in_seconds(-25 * 3600), "sub": "c-1"}, 24),
    ],
)
def test_a_token_that_lives_too_long_is_refused(claims, hours):
    reason = refused(ACME.token("acme", **claims))

    assert reason == f"the token is valid for longer than {hours} hours, from iat to exp"


def test_a_token_lives_as_long_as_it_may():
    quarter, day = {"exp": in_seconds(90 * 86_400)}, {"exp": in_seconds(86_400), "sub": "c-1"}

    assert TOKENS.verify(ACME.token("acme", iat=in_seconds(0), **quarter))
    assert TOKENS.verify(ACME.token("acme", **day)).subject == "c-1"


@pytest.mark.parametrize("issued", [2**40, float("nan"), float("inf"), "yesterday", None, True, []])
def test_a_token_cannot_hide_its_life_behind_when_it_was_issued(issued):
    assert refused(ACME.token("acme", iat=issued, exp=in_seconds(400 * 86_400)))


def test_a_revoked_token_is_refused_and_the_others_of_its_key_are_not():
    tokens = TokenVerifier(json.dumps({"keys": [ACME.public()], "revoked": ["stolen"]}))

    with pytest.raises(InvalidToken, match="the token was revoked"):
        tokens.verify(ACME.token("acme", jti="stolen"))
    assert tokens.verify(ACME.token("acme", jti="another")).token_id == "another"
    assert tokens.verify(ACME.token("acme")).token_id is None


@pytest.mark.parametrize("id_", [5, ["stolen"], {}, True])
def test_an_id_that_no_list_can_name_is_refused(id_):
    assert refused(ACME.token("acme", jti=id_)) == "the token's id (jti) is no text"


def test_scopes_that_do_not_exist_allow_nothing():
    assert TOKENS.verify(ACME.token("acme", "customers:write ops root *")).scopes == {"ops"}


def test_a_token_says_who_signed_it():
    found = TOKENS.verify(ACME.token("acme", jti="t-1"))

    assert (found.key_id, found.token_id) == ("acme-1", "t-1")


NUMBERS = st.integers() | st.floats() | st.just(10**400) | st.text(max_size=5) | st.none() | st.lists(st.none())


@given(
    st.dictionaries(st.sampled_from(["aud", "shop", "scope", "exp", "iat", "nbf", "sub", "jti", "kid"]), NUMBERS),
)
def test_no_claims_raise_anything_but_invalid_token(odd):
    try:
        TOKENS.verify(ACME.token(**({"shop": "acme"} | odd)))
    except InvalidToken:
        return
