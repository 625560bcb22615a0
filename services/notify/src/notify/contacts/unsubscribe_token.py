"""The token in every unsubscribe link: it names shop, customer, channel and address, is signed, and never expires."""

import hmac
import re
from hashlib import sha256
from typing import NamedTuple

import orjson
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

from notify.domain.consent import ChannelName

_TOKEN_MAX = 2000
_SIGNATURE_BYTES = 16
# A token begins and ends with one of base64's letters. What else stands there came with copying it: a full stop, a
# bracket, an invisible mark of direction.
_AROUND = re.compile(r"\A[^a-zA-Z0-9_-]+|(?<![^a-zA-Z0-9_-])[^a-zA-Z0-9_-]++\Z")


class Leaving(NamedTuple):
    """Who wants no more marketing, over which channel, and to which address.

    The address is given by its pseudonym; links of earlier releases have none.
    """

    shop: str
    customer_id: str
    channel: ChannelName
    address_id: str | None = None


class _LinkSignature(SigningAlgorithm):
    """HMAC-SHA256 over the decoded payload, cut to 16 bytes. Links already sent carry it, so it never changes."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.new(key, b"unsubscribe|" + base64_decode(value), sha256).digest()[:_SIGNATURE_BYTES]


def token_for(leaving: Leaving, key: bytes) -> str:
    """The token of a link; the same every time."""
    return _signer(key).sign(base64_encode(orjson.dumps([part for part in leaving if part is not None]))).decode()


def read_token(token: str, *keys: bytes) -> Leaving | None:
    """The content of a token, or None if it was not signed with one of ``keys``; punctuation around it is left out."""
    if len(token) > _TOKEN_MAX:
        return None
    bare = _AROUND.sub("", token).encode(errors="replace")
    try:
        payload = _signer(*keys).unsign(bare)
        if any(base64_encode(base64_decode(part)) != part for part in bare.rsplit(b".", 1)):
            return None  # base64 is read leniently, so a changed letter may not change what is decoded
        return Leaving(*orjson.loads(base64_decode(payload)))
    except (BadData, UnicodeError):
        return None


def _signer(*keys: bytes) -> Signer:
    return Signer(keys, key_derivation="none", algorithm=_LinkSignature())
