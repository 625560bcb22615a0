"""The token in every unsubscribe link: it names shop, customer and channel, is signed, and never expires."""

import hmac
from hashlib import sha256
from typing import NamedTuple

import orjson
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

from notify.domain.consent import ChannelName

_TOKEN_MAX = 2000
_SIGNATURE_BYTES = 16


class Leaving(NamedTuple):
    """Who wants no more marketing, and over which channel."""

    shop: str
    customer_id: str
    channel: ChannelName


class _LinkSignature(SigningAlgorithm):
    """HMAC-SHA256 over the decoded payload, cut to 16 bytes. Links already sent carry it, so it never changes."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.new(key, b"unsubscribe|" + base64_decode(value), sha256).digest()[:_SIGNATURE_BYTES]


def token_for(leaving: Leaving, key: bytes) -> str:
    """The token of a link; the same every time."""
    return _signer(key).sign(base64_encode(orjson.dumps(list(leaving)))).decode()


def read_token(token: str, *keys: bytes) -> Leaving | None:
    """The content of a token, or None if it was not signed with one of ``keys``."""
    if len(token) > _TOKEN_MAX:
        return None
    try:
        return Leaving(*orjson.loads(base64_decode(_signer(*keys).unsign(token))))
    except (BadData, UnicodeError):
        return None


def _signer(*keys: bytes) -> Signer:
    return Signer(keys, key_derivation="none", algorithm=_LinkSignature())
