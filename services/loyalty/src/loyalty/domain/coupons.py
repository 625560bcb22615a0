"""Coupons: how their codes are made, and whether one can be used.

A generated code follows from the id of its redemption and a key, so it is stored nowhere.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from mandegar.events.coupon_codes import coupon_ids_key, coupon_secret
from mandegar.quantities import decimal_of

# Without 0 and O, 1, I and L, which people confuse, and U, without which few words are left.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
# 63 bits.
SYMBOLS: Final = 13
_GROUPS: Final = (slice(0, 4), slice(4, 8), slice(8, 13))


class CouponKeys(NamedTuple):
    """The keys of codes, ids and sealed codes, each for nothing else."""

    codes: bytes
    ids: bytes
    seals: bytes


def coupon_keys(identity_key: bytes) -> CouponKeys:
    """The keys that follow from the key of the installation."""
    secret = coupon_secret(identity_key)
    codes, seals = (hmac.new(secret, purpose, sha256).digest() for purpose in (b"codes", b"seals"))
    return CouponKeys(codes, coupon_ids_key(identity_key), seals)


def generated_code(shop: str, redemption_id: UUID, prefix: str, key: bytes) -> str:
    """The code of a redemption, such as ``YALDA-7KQM-2XWP-9FTRD``: the same whenever it is asked for."""
    number = int.from_bytes(hmac.new(key, f"{shop}|{redemption_id}".encode(), sha256).digest(), "big")
    symbols = ""
    for _ in range(SYMBOLS):
        number, place = divmod(number, len(ALPHABET))
        symbols += ALPHABET[place]
    return "-".join([*([prefix] if prefix else []), *(symbols[group] for group in _GROUPS)])


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
