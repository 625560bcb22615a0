"""The code of a customer: it follows from a seed and a key, so it is stored nowhere."""

import hmac
from hashlib import sha256
from uuid import UUID

from mandegar.events.referral_codes import made_code

_PURPOSE = b"referral codes of loyalty"


def code_from(seed: UUID, *, shop: str, key: bytes) -> str:
    """The code that follows from a seed and the key of the installation."""
    secret = hmac.new(key, _PURPOSE, sha256).digest()
    return made_code(int.from_bytes(hmac.new(secret, f"{shop}|{seed}".encode(), sha256).digest(), "big"))


def link_with(code: str, link: str) -> str | None:
    """The link of a programme with a code in it; None if the programme has none."""
    return link.replace("{code}", code) if link else None
