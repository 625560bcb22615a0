"""The token in every unsubscribe link: it names shop, customer and channel, is signed, and never goes out of date."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Literal, NamedTuple

import orjson

_SIGNATURE_BYTES = 16
_TOKEN_MAX = 2000


class Leaving(NamedTuple):
    """Who wants no more marketing, and over which channel."""

    shop: str
    customer_id: str
    channel: Literal["email", "sms"]


def token_for(leaving: Leaving, key: bytes) -> str:
    """The token of a link; the same every time."""
    payload = orjson.dumps(list(leaving))
    return _text(payload) + "." + _text(_signature(payload, key))


def read_token(token: str, key: bytes) -> Leaving | None:
    """What a token says, or None when it is not one of ours."""
    if len(token) > _TOKEN_MAX:
        return None
    payload_text, _, signature_text = token.partition(".")
    try:
        payload, signature = _bytes(payload_text), _bytes(signature_text)
    except ValueError:
        return None
    if not hmac.compare_digest(signature, _signature(payload, key)):
        return None
    shop, customer_id, channel = orjson.loads(payload)
    return Leaving(shop, customer_id, channel)


def _signature(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"unsubscribe|" + payload, sha256).digest()[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
