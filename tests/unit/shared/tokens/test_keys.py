"""A key set that would let a key sign for more than its owner may keeps a process from starting."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.signing import Signer, jwks
from mandegar.tokens import InvalidToken, TokenVerifier
from mandegar.tokens.keys import InvalidKeys, read_keys

ACME = Signer("acme-1", "acme")
EVIL = Signer("evil-1", "evil")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def key_set(*keys: object, **members: object) -> str:
    return json.dumps({"keys": list(keys), **members})


def without(member: str) -> dict[str, object]:
    return {name: value for name, value in ACME.public().items() if name != member}


def test_keys_are_read_with_their_shops():
    keys = read_keys(key_set(ACME.public(), EVIL.public(), revoked=["t-1"]))

    assert {kid: set(key.shops) for kid, key in keys.by_kid.items()} == {"acme-1": {"acme"}, "evil-1": {"evil"}}
    assert keys.revoked == {"t-1"}
    assert TokenVerifier(jwks(ACME)).verify(ACME.token("acme"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", 'list "keys"'),
        ("null", 'list "keys"'),
        ("{}", 'list "keys"'),
        ('{"keys": {}}', 'list "keys"'),
        ('{"keys": [5]}', "key 1: it is no object"),
        (key_set(without("kid")), "key 1: kid"),
        (key_set(without("shops")), "key 1: shops"),
        (key_set(without("x")), "key 1: x"),
        (key_set(without("crv")), "key 1: only Ed25519"),
        (key_set({"kid": "a", "shops": [], "kty": "OKP"}), "key 1: shops"),
        (key_set(ACME.public()) + " " * 1_048_577, "longer than"),
        (key_set(revoked="t-1"), '"revoked"'),
        (key_set(revoked=[""]), '"revoked"'),
        (key_set(revoked=[5]), '"revoked"'),
    ],
)
def test_a_key_set_that_cannot_be_read_stops_start_up_and_says_what_is_wrong(text, why):
    with pytest.raises(InvalidKeys, match="MANDEGAR_JWKS must be a JSON Web Key Set") as refused:
        TokenVerifier(text)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("kid", ""), ("kid", " "), ("kid", 5), ("kid", None), ("kid", ["acme-1"]), ("kid", "k" * 201),
        ("shops", "acme"), ("shops", "*"), ("shops", []), ("shops", [5]), ("shops", [""]), ("shops", {"acme": 1}),
        ("shops", ["acme", None]), ("shops", "shop*x"),
        ("kty", "oct"), ("kty", "RSA"), ("kty", "EC"), ("crv", "X25519"), ("crv", "Ed448"), ("alg", "HS256"),
        ("alg", "none"), ("use", "enc"), ("d", "AAAA"), ("k", "AAAA"), ("p", ""),
        ("x", ""), ("x", "AAAA"), ("x", 5), ("x", None), ("x", "ü" * 43), ("x", "A" * 44),
    ],
)  # fmt: skip
def test_a_key_that_could_be_more_than_it_says_is_refused(member, value):
    with pytest.raises(InvalidKeys, match=r"^key 2: "):
        read_keys(key_set(EVIL.public(), ACME.public() | {member: value}))


def test_two_keys_with_one_name_are_refused_because_the_rights_of_one_would_go_to_the_other():
    operator = Signer("evil-1", "*")

    with pytest.raises(InvalidKeys, match="key 2: another key has the kid 'evil-1'"):
        read_keys(key_set(EVIL.public(), operator.public()))


def test_one_key_under_two_names_is_refused_because_it_would_have_the_rights_of_both():
    with pytest.raises(InvalidKeys, match="key 2: another key has the same x"):
        read_keys(key_set(EVIL.public(), EVIL.public() | {"kid": "another", "shops": ["*"]}))


def test_the_sentence_does_not_quote_a_private_key():
    private = EVIL.key.as_dict(private=True) | {"kid": "evil-1", "shops": ["evil"]}

    with pytest.raises(InvalidKeys) as refused:
        read_keys(key_set(private))
    assert private["d"] not in str(refused.value)


@given(st.dictionaries(st.sampled_from(["kid", "shops", "kty", "crv", "x", "alg", "use", "d"]), JSON, max_size=4))
def test_whatever_a_key_says_it_signs_for_no_more_than_its_list_of_shops(members):
    try:
        tokens = TokenVerifier(json.dumps({"keys": [EVIL.public() | members]}))
    except InvalidKeys:
        return
    try:
        shop = tokens.verify(EVIL.token("acme", "ops")).shop
    except InvalidToken:
        return
    assert isinstance(members["shops"], list)
    assert {shop, "*"} & set(members["shops"])


@given(JSON)
def test_no_document_raises_anything_but_that_it_is_not_valid(document):
    for text in (json.dumps(document), json.dumps({"keys": document}), json.dumps({"keys": [document]})):
        try:
            read_keys(text)
        except InvalidKeys:
            continue
