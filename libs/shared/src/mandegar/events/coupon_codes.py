"""Codes of coupons: the form in which they are compared, and the id that stands for one.

The id is a keyed hash of the code: it tells nothing of the code, and stands for it in events, logs and the audit.
"""

import hmac
import unicodedata
from hashlib import sha256
from typing import Final
from uuid import UUID

from mandegar.events.addresses import ascii_digits
from mandegar.events.written import is_written

LENGTH_MIN: Final = 4
LENGTH_MAX: Final = 64
_PURPOSE: Final = b"coupons of loyalty"


def coupon_secret(identity_key: bytes) -> bytes:
    """The secret of coupons, which follows from the key of the installation."""
    return hmac.new(identity_key, _PURPOSE, sha256).digest()


def coupon_ids_key(identity_key: bytes) -> bytes:
    """The key of the ids of coupons."""
    return hmac.new(coupon_secret(identity_key), b"ids", sha256).digest()


def normal_form(text: str) -> str:
    """A code as it is compared: in any case and any digits, without spaces, hyphens and invisible marks.

    Raises ``ValueError`` for what is no code.
    """
    if len(text) > 4 * LENGTH_MAX or not is_written(text):
        raise ValueError(f"a code is one line of at most {LENGTH_MAX} characters")
    before, normal = "", text
    while normal != before:  # what is left out may have stood between a letter and its mark
        before = normal
        folded = unicodedata.normalize("NFKC", ascii_digits(unicodedata.normalize("NFKC", before).casefold()))
        normal = "".join(letter for letter in folded if unicodedata.category(letter) not in {"Cf", "Pd", "Zs"})
    if not LENGTH_MIN <= len(normal) <= LENGTH_MAX:
        raise ValueError(f"a code has {LENGTH_MIN} to {LENGTH_MAX} characters besides spaces and hyphens")
    return normal


def coupon_id(shop: str, normal: str, key: bytes) -> UUID:
    """The id of the coupon with a code in its normal form."""
    return UUID(bytes=hmac.new(key, f"{shop}|{normal}".encode(), sha256).digest()[:16], version=5)
