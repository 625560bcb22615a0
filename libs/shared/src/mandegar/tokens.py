"""Verifies signed tokens (JWT, EdDSA) with the public keys in the settings, without a call to another service."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet
from joserfc.util import to_str
from orjson import JSONDecodeError, loads

from mandegar.clock import Clock

# What a token can allow, each scope for itself.
Scope: TypeAlias = Literal[
    "customers:read",
    "events:raw",
    "preferences:write",
    "programme:write",
    "journeys:write",
    "sources:write",
    "audit:read",
    "ops",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)

AUDIENCE = "mandegar"
ALGORITHMS = ["EdDSA", "Ed25519"]
LEEWAY_SECONDS = 60
EVERY_SHOP = "*"

# RFC 9864 renamed EdDSA to Ed25519. Older libraries still sign under the old name; the algorithm is the same.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller that a token identifies.

    A browser's token has a ``subject``, the only customer that it may read. ``operator`` is true if the signing key is
    valid for every shop; only then may an answer contain rows of several shops. ``key_id`` names the signing key.
    """

    shop: str
    scopes: frozenset[Scope]
    subject: str | None = None
    operator: bool = False
    key_id: str = ""


class InvalidToken(ValueError):
    """The token is malformed or expired, its key is unknown, or its key may not sign for its shop."""


class TokenVerifier:
    """Verifies tokens against a JWKS in which each key lists, as ``shops``, those it may sign for (``*``: all)."""

    def __init__(self, jwks: str) -> None:
        try:
            keys = loads(jwks)["keys"]
            self._shops: Mapping[str, frozenset[str]] = {key["kid"]: frozenset(key["shops"]) for key in keys}
            self._keys = KeySet.import_key_set({"keys": keys}) if keys else None
        except (JSONDecodeError, KeyError, TypeError, ValueError, JoseError) as error:
            raise ValueError("MANDEGAR_JWKS must be a JSON Web Key Set; each key needs kid and shops") from error

    def verify(self, token: str) -> Principal:
        """The principal of ``token``; raises ``InvalidToken`` with the reason."""
        if self._keys is None:
            raise InvalidToken("no signing keys are configured (MANDEGAR_JWKS)")
        try:
            decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidToken("the token is not signed by a known key") from error
        claims = decoded.claims
        now = Clock().now().timestamp()  # the system's clock, even where MANDEGAR_CLOCK shifts that of the deployment
        expires, audience = claims.get("exp"), claims.get("aud")
        if not isinstance(expires, int | float) or not expires + LEEWAY_SECONDS >= now:  # a NaN counts as expired
            raise InvalidToken("the token has expired")
        not_before = claims.get("nbf", 0)
        if not isinstance(not_before, int | float) or not not_before <= now + LEEWAY_SECONDS:
            raise InvalidToken("the token is not valid yet")
        if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
            raise InvalidToken(f"the token's audience is not {AUDIENCE}")
        shop = claims.get("shop")
        key_id = to_str(decoded.header.get("kid", ""))
        signed_for = self._shops.get(key_id, frozenset())
        if not isinstance(shop, str) or not {shop, EVERY_SHOP} & signed_for:
            raise InvalidToken("the key may not sign for this shop")
        subject = claims.get("sub")
        if "sub" in claims and not (isinstance(subject, str) and subject.strip()):
            # Taken for absent, an empty subject would turn a browser's token into one for every customer.
            raise InvalidToken("the token's subject is empty")
        claimed = set(str(claims.get("scope", "")).split())
        scopes = frozenset(scope for scope in SCOPES if scope in claimed)  # unknown ones allow nothing
        return Principal(shop, scopes, subject, operator=EVERY_SHOP in signed_for, key_id=key_id)
