"""The codes of coupons: how they are made, in which form they are compared, and the id that stands for one.

A generated code follows from the id of its redemption and a key, so it is stored nowhere. The id of a coupon is a keyed
hash of its code: it tells nothing of the code, and stands for it in events, logs and the audit.
"""

import hmac
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from mandegar.events.addresses import ascii_digits
from mandegar.events.written import is_written
from mandegar.quantities import decimal_of

# Without 0 and O, 1, I and L, which people confuse, and U, without which few words are left.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# 63 bits.
SYMBOLS: Final = 13
_GROUPS: Final = (slice(0, 4), slice(4, 8), slice(8, 13))
LENGTH_MIN: Final = 4
LENGTH_MAX: Final = 64
_PURPOSE: Final = b"coupons of loyalty"


class CouponKeys(NamedTuple):
    """The keys of codes, ids and sealed codes, each for nothing else."""

    codes: bytes
    ids: bytes
    seals: bytes


def coupon_keys(identity_key: bytes) -> CouponKeys:
    """The keys that follow from the key of the installation."""
    secret = hmac.new(identity_key, _PURPOSE, sha256).digest()
    return CouponKeys(*(hmac.new(secret, purpose, sha256).digest() for purpose in (b"codes", b"ids", b"seals")))


def generated_code(shop: str, redemption_id: UUID, prefix: str, key: bytes) -> str:
    """The code of a redemption, such as ``YALDA-7KQM-2XWP-9FTRD``: the same whenever it is asked for."""
    number = int.from_bytes(hmac.new(key, f"{shop}|{redemption_id}".encode(), sha256).digest(), "big")
    symbols = ""
    for _ in range(SYMBOLS):
        number, place = divmod(number, len(ALPHABET))
        symbols += ALPHABET[place]
    return "-".join([*([prefix] if prefix else []), *(symbols[group] for group in _GROUPS)])


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


class Coupon(NamedTuple):
    """A coupon as far as its use depends on it. ``used_for`` is the order of its use, if one was named."""

    terms: Mapping[str, object]
    expires_at: datetime | None
    used_at: datetime | None
    used_for: str | None


class Refusal(NamedTuple):
    """Why a coupon cannot be used: a stable code, a sentence, and what belongs to it."""

    code: str
    title: str
    extra: Mapping[str, Any]


def is_repeated(coupon: Coupon, order_id: str | None) -> bool:
    """Whether the coupon was used for this very order: the answer is the same again."""
    return coupon.used_at is not None and order_id is not None and coupon.used_for == order_id


def refusal(coupon: Coupon, *, total: Decimal | None, is_owner: bool, now: datetime) -> Refusal | None:
    """Why a coupon cannot be used at ``now`` for an order of ``total``; None: it can."""
    if not is_owner:
        return Refusal("other_customer", "The coupon is another customer's", {})
    if coupon.used_at is not None:
        return Refusal("coupon_used", "The coupon was used before", {"used_at": coupon.used_at})
    if coupon.expires_at is not None and coupon.expires_at <= now:
        return Refusal("coupon_expired", "The coupon has expired", {"expires_at": coupon.expires_at})
    least = coupon.terms.get("minimum_spend")
    if least is None:
        return None
    required = decimal_of(str(least))
    if total is None or total < required:
        available = None if total is None else f"{total:f}"
        return Refusal(
            "minimum_not_reached",
            "The order does not reach the least total of this coupon",
            {"required": f"{required:f}", "available": available},
        )
    return None
