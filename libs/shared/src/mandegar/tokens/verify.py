"""Verifies tokens with the public keys that the process has, without a call to another service."""

import binascii
import warnings
from base64 import urlsafe_b64decode
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from orjson import JSONDecodeError, loads

from mandegar.clock import Clock
from mandegar.tokens.keys import InvalidKeys, Key, Keys, read_keys
from mandegar.tokens.memory import TokenMemory
from mandegar.tokens.principal import EVERY_SHOP, Principal
from mandegar.tokens.scopes import CUSTOMER_HOURS_MAX, DAYS_MAX, SCOPES
from mandegar.wakeup import Wakeup

AUDIENCE = "mandegar"
ALGORITHMS = ["EdDSA", "Ed25519"]
LEEWAY_SECONDS = 60
TOKEN_CHARACTERS_MAX = 8_192
INSTANT_MAX = 2.0**40
# Each would let a token choose the key that verifies it, or asks for what this verifier does not do.
_REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64"})

# RFC 9864 renamed EdDSA to Ed25519. Older libraries still sign under the old name; the algorithm is the same.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


class InvalidToken(ValueError):
    """The token is malformed or expired, its key is unknown, or its key may not sign for its shop."""


class TokenVerifier:
    """Verifies tokens against a JWKS in which each key lists, as ``shops``, those it may sign for (``*``: all).

    ``keys`` may be replaced while the process runs. ``key_unknown`` is called for a token of a key that is not among
    them. Raises ``InvalidKeys``.
    """

    def __init__(
        self, jwks: str, *, days_max: float = DAYS_MAX, customer_hours_max: float = CUSTOMER_HOURS_MAX
    ) -> None:
        try:
            self.keys: Keys = read_keys(jwks)
        except InvalidKeys as error:
            raise InvalidKeys(f"MANDEGAR_JWKS must be a JSON Web Key Set with kid and shops: {error}") from error
        self.key_unknown = Wakeup()
        self._memory = TokenMemory()
        self._seconds_max = days_max * 86_400
        self._customer_seconds_max = customer_hours_max * 3_600

    def verify(self, token: str) -> Principal:
        """The principal of ``token``; raises ``InvalidToken`` with the reason."""
        keys, now = self.keys, Clock().now().timestamp()  # the system's clock, even where MANDEGAR_CLOCK is another
        principal = self._memory.recall(token, keys, now)
        if principal is None:
            principal, since, until = self._verified(token, keys, now)
            self._memory.remember(token, keys, principal, since, until)
        return principal

    def _verified(self, token: str, keys: Keys, now: float) -> tuple[Principal, float, float]:
        """The principal, and from when to when the token is valid."""
        if not keys.by_kid:
            raise InvalidToken("no signing keys are configured (MANDEGAR_JWKS)")
        kid, key = self._signing_key(token, keys)
        try:
            claims = jwt.decode(token, key.public, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidToken("the token is not signed by a known key") from error
        shop, subject, id_ = claims.get("shop"), claims.get("sub"), claims.get("jti")
        if "sub" in claims and not (isinstance(subject, str) and subject.strip()):
            # Taken for absent, an empty subject would turn a browser's token into one for every customer.
            raise InvalidToken("the token's subject is empty")
        since, until = self._validity(claims, now)
        audience = claims.get("aud")
        if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
            raise InvalidToken(f"the token's audience is not {AUDIENCE}")
        if not isinstance(shop, str) or not {shop, EVERY_SHOP} & key.shops:
            raise InvalidToken("the key may not sign for this shop")
        if id_ is not None and (not isinstance(id_, str) or id_ in keys.revoked):
            raise InvalidToken("the token was revoked" if isinstance(id_, str) else "the token's id (jti) is no text")
        claimed = set(str(claims.get("scope", "")).split())
        scopes = frozenset(scope for scope in SCOPES if scope in claimed)  # unknown ones allow nothing
        return Principal(shop, scopes, subject, kid, id_), since, until

    def _signing_key(self, token: str, keys: Keys) -> tuple[str, Key]:
        """The key that the token names. It alone verifies the signature, because its rights are used then."""
        header = _header(token)
        kid = header.get("kid")
        if refused := _REFUSED_HEADERS & header.keys():
            raise InvalidToken(f"the token's header must not contain {min(refused)}")
        key = keys.by_kid.get(kid) if isinstance(kid, str) else None
        if key is None or not isinstance(kid, str):
            self.key_unknown()
            raise InvalidToken("the token is not signed by a known key")
        return kid, key

    def _validity(self, claims: dict[str, Any], now: float) -> tuple[float, float]:
        """From when to when a token with ``claims`` is valid; raises ``InvalidToken`` if it is not at ``now``."""
        expires = _instant(claims.get("exp"))
        if expires is None or expires + LEEWAY_SECONDS < now:
            raise InvalidToken("the token has expired")
        not_before, issued = _instant(claims.get("nbf", 0)), _instant(claims.get("iat", now))
        if not_before is None or issued is None or max(not_before, issued) > now + LEEWAY_SECONDS:
            raise InvalidToken("the token is not valid yet")
        longest = self._customer_seconds_max if "sub" in claims else self._seconds_max
        if expires - issued > longest + LEEWAY_SECONDS:
            raise InvalidToken(f"the token is valid for longer than {longest / 3_600:g} hours, from iat to exp")
        return max(not_before, issued) - LEEWAY_SECONDS, expires + LEEWAY_SECONDS


def _header(token: str) -> dict[str, Any]:
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise InvalidToken(f"the token is longer than {TOKEN_CHARACTERS_MAX} characters")
    segment = token.partition(".")[0]
    try:
        header = loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (binascii.Error, ValueError, JSONDecodeError) as error:
        raise InvalidToken("the token is not signed by a known key") from error
    if not isinstance(header, dict):
        raise InvalidToken("the token is not signed by a known key")
    return header


def _instant(value: Any) -> float | None:
    """Unix seconds, or None for what is none: a text, a NaN, an integer of four hundred digits."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < INSTANT_MAX else None
