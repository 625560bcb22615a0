"""Tokens: who may ask, for which shop, for what. Verified from public keys in the settings; nobody has to be asked."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet
from joserfc.util import to_str
from orjson import JSONDecodeError, loads

from mandegar.clock import Clock

AUDIENCE = "mandegar"
ALGORITHMS = ["EdDSA", "Ed25519"]
LEEWAY_SECONDS = 60
EVERY_SHOP = "*"

# RFC 9864 renamed EdDSA; shops whose libraries are older still sign with the old name, which is no weaker here.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``subject`` is set for a browser's token: that customer, and nobody else.

    ``operator`` is true when the key that signed may sign for every shop: only then may an answer be of all shops.
    """

    shop: str
    scopes: frozenset[str]
    subject: str | None = None
    operator: bool = False


class InvalidToken(ValueError):
    """The token proves nothing: malformed, expired, unknown key, or a shop that its key may not sign for."""


class TokenVerifier:
    """Verifies tokens against a JWKS; each key lists, as ``shops``, whom it may sign for (``*``: everybody)."""

    def __init__(self, jwks: str) -> None:
        try:
            keys = loads(jwks)["keys"]
            self._shops: Mapping[str, frozenset[str]] = {key["kid"]: frozenset(key["shops"]) for key in keys}
            self._keys = KeySet.import_key_set({"keys": keys}) if keys else None
        except (JSONDecodeError, KeyError, TypeError, ValueError, JoseError) as error:
            raise ValueError("MANDEGAR_JWKS must be a key set whose keys have a kid and shops") from error

    def verify(self, token: str) -> Principal:
        """The principal of ``token``; ``InvalidToken`` says why there is none."""
        if self._keys is None:
            raise InvalidToken("no key may sign tokens here")
        try:
            decoded = jwt.decode(token, self._keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidToken("the token is not signed by a known key") from error
        claims = decoded.claims
        now = Clock().now().timestamp()  # a token's life is real time, whatever hour the deployment plays
        expires, audience = claims.get("exp"), claims.get("aud")
        if not isinstance(expires, int | float) or not expires + LEEWAY_SECONDS >= now:  # so that NaN has expired
            raise InvalidToken("the token has expired")
        not_before = claims.get("nbf", 0)
        if not isinstance(not_before, int | float) or not not_before <= now + LEEWAY_SECONDS:
            raise InvalidToken("the token is not valid yet")
        if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
            raise InvalidToken("the token is for somebody else")
        shop = claims.get("shop")
        signed_for = self._shops.get(to_str(decoded.header.get("kid", "")), frozenset())
        if not isinstance(shop, str) or not {shop, EVERY_SHOP} & signed_for:
            raise InvalidToken("the key may not sign for this shop")
        subject = claims.get("sub")
        if "sub" in claims and not (isinstance(subject, str) and subject.strip()):
            raise InvalidToken("the token names no customer")  # or a visitor's token would read everybody
        scopes = frozenset(str(claims.get("scope", "")).split())
        return Principal(shop, scopes, subject, operator=EVERY_SHOP in signed_for)
