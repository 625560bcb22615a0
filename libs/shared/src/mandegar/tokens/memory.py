"""Remembers the tokens that were verified, so that a signature is checked once and not at every request."""

from hashlib import sha256
from sys import getsizeof
from typing import NamedTuple

from cachetools import LRUCache

from mandegar.tokens.keys import Keys
from mandegar.tokens.principal import Principal

# Of all remembered tokens together: about 6,500.
BYTES_MAX = 8 * 1024 * 1024
# What a remembered token takes beside its texts and scopes.
ENTRY_BYTES = 768


class _Verified(NamedTuple):
    principal: Principal
    since: float
    until: float
    size: int


class TokenMemory:
    """Principals of tokens that were accepted under one ``Keys`` object, by the hash of the token.

    With another object all are forgotten: a key may have been removed, or a token revoked. Of more than ``BYTES_MAX``
    those are forgotten that were not used for longest. Refused tokens are not remembered.
    """

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._keys: Keys | None = None
        self._verified: LRUCache[bytes, _Verified] = LRUCache(bytes_max, getsizeof=lambda verified: verified.size)

    def recall(self, token: str, keys: Keys, now: float) -> Principal | None:
        """The principal of a token that was accepted under ``keys`` and is valid at ``now`` (Unix seconds)."""
        if keys is not self._keys:
            self._verified.clear()
            self._keys = keys
            return None
        verified = self._verified.get(_hash(token))
        if verified is None or not verified.since <= now <= verified.until:
            return None
        return verified.principal

    def remember(self, token: str, keys: Keys, principal: Principal, since: float, until: float) -> None:
        """Remember that ``token`` was accepted under ``keys``, and is valid from ``since`` to ``until``."""
        texts = (principal.shop, principal.scopes, principal.subject, principal.key_id, principal.token_id)
        size = ENTRY_BYTES + sum(map(getsizeof, texts))
        if keys is self._keys and size <= self._verified.maxsize:
            self._verified[_hash(token)] = _Verified(principal, since, until, size)


def _hash(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
