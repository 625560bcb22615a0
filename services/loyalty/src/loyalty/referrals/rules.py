"""Who a code belongs to, and what makes a claim one that a person looks at."""

import hmac
from collections.abc import Collection, Sequence
from hashlib import sha256
from uuid import UUID

from loyalty.domain.programme import Programme
from loyalty.domain.referral_facts import OPEN, REFUSED, REVIEW
from loyalty.domain.referral_rules import ReferralRule
from loyalty.domain.referrals import UNKNOWN_CODE
from mandegar.events.referral_codes import made_code

# By what two accounts are compared, and the reason that it gives.
PAYER = "payer"
SHIP_TO = "ship_to"
PHONE = "phone"
SIGNALS = {PAYER: "same_payment", PHONE: "same_phone", SHIP_TO: "same_address"}
VELOCITY = "many_claims"
_PURPOSE = b"referral codes of loyalty"


def code_from(seed: UUID, *, shop: str, key: bytes) -> str:
    """The code that follows from a seed and the key of the installation."""
    secret = hmac.new(key, _PURPOSE, sha256).digest()
    return made_code(int.from_bytes(hmac.new(secret, f"{shop}|{seed}".encode(), sha256).digest(), "big"))


def has_referrals(programmes: Sequence[Programme]) -> bool:
    """Whether a version of a programme is about referrals."""
    return any(programme.referral is not None for programme in programmes)


def verdict_of(
    rule: ReferralRule | None, *, is_known: bool, shared: Collection[str], claims: int
) -> tuple[int, list[str]]:
    """What is found of a claim by whether its code is known, what both accounts share, and how often it was claimed."""
    if not is_known:
        return REFUSED, [UNKNOWN_CODE]
    reasons = [SIGNALS[kind] for kind in sorted(shared)]
    if rule is not None and claims > rule.claims_max:
        reasons.append(VELOCITY)
    return (REVIEW if reasons else OPEN), reasons
