"""The token in every unsubscribe link: it names shop, customer and channel, is signed, and never expires."""

import hmac
from hashlib import sha256
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_decode
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
        payload = base64_decode(value.lstrip(b"."))  # a leading dot marks a compressed payload
        return hmac.new(key, b"unsubscribe|" + payload, sha256).digest()[:_SIGNATURE_BYTES]


def token_for(leaving: Leaving, key: bytes) -> str:
    """The token of a link; the same every time."""
    return str(_serializer(key).dumps(list(leaving)))


def read_token(token: str, key: bytes) -> Leaving | None:
    """The content of a token, or None if it was not signed with ``key``."""
    if len(token) > _TOKEN_MAX:
        return None
    try:
        return Leaving(*_serializer(key).loads(token))
    except BadData:
        return None


def _serializer(key: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, signer_kwargs={"key_derivation": "none", "algorithm": _LinkSignature()})
