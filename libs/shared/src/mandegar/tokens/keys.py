"""Reads a JSON Web Key Set, and refuses one that would let a key sign for more than its owner may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from orjson import JSONDecodeError, loads

BYTES_MAX = 1_048_576
KID_MAX = 200
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_ALGORITHMS = (None, "EdDSA", "Ed25519")


class InvalidKeys(ValueError):
    """The text is no set of keys that may be used."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the shops that it may sign for (``*``: all)."""

    public: OKPKey
    shops: frozenset[str]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys by ``kid``, and the ids (``jti``) of tokens that are revoked."""

    by_kid: Mapping[str, Key]
    revoked: frozenset[str]


def read_keys(text: str | bytes) -> Keys:
    """The keys of a JSON Web Key Set; raises ``InvalidKeys`` with the first thing that is wrong with it."""
    if len(text) > BYTES_MAX:
        raise InvalidKeys(f"it is longer than {BYTES_MAX} bytes")
    try:
        document = loads(text)
    except JSONDecodeError as error:
        raise InvalidKeys("it is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise InvalidKeys('it is no object with a list "keys"')
    by_kid: dict[str, Key] = {}
    values: set[str] = set()
    for number, entry in enumerate(document["keys"], 1):
        try:
            kid, key = _key(entry)
        except InvalidKeys as error:
            raise InvalidKeys(f"key {number}: {error}") from error
        if kid in by_kid:
            raise InvalidKeys(f"key {number}: another key has the kid {kid!r}")
        if entry["x"] in values:
            raise InvalidKeys(f"key {number}: another key has the same x: one key would have the rights of both")
        by_kid[kid] = key
        values.add(entry["x"])
    return Keys(by_kid, _revoked(document.get("revoked", [])))


def _key(entry: Any) -> tuple[str, Key]:
    if not isinstance(entry, dict):
        raise InvalidKeys("it is no object")
    kid, shops = entry.get("kid"), entry.get("shops")
    if not isinstance(kid, str) or not kid.strip() or len(kid) > KID_MAX:
        raise InvalidKeys(f"kid must be a text of 1 to {KID_MAX} characters")
    if not isinstance(shops, list) or not shops or not all(isinstance(shop, str) and shop.strip() for shop in shops):
        raise InvalidKeys('shops must be a list of the shops it signs for, such as ["demo"], or ["*"] for an operator')
    if _PRIVATE & entry.keys():
        raise InvalidKeys("it contains the private key; remove the member d, and replace the key if others saw it")
    if entry.get("kty") != "OKP" or entry.get("crv") != "Ed25519" or entry.get("alg") not in _ALGORITHMS:
        raise InvalidKeys('only Ed25519 keys are supported: "kty": "OKP", "crv": "Ed25519"')
    if entry.get("use", "sig") != "sig":
        raise InvalidKeys('its use must be "sig"')
    try:
        public = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": entry["x"]})
        public.public_key  # noqa: B018  is decoded when it is asked for, and must not fail at the first token
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise InvalidKeys("x must be the 32 bytes of an Ed25519 public key, in base64url") from error
    return kid, Key(public, frozenset(shops))


def _revoked(ids: Any) -> frozenset[str]:
    if not isinstance(ids, list) or not all(isinstance(id_, str) and id_ for id_ in ids):
        raise InvalidKeys('"revoked" must be a list of ids of tokens (jti)')
    return frozenset(ids)
