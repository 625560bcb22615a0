"""What makes a claim one that a person looks at."""

from collections.abc import Collection, Sequence

from loyalty.domain.programme import Programme
from loyalty.domain.referral_facts import OPEN, REFUSED, REVIEW
from loyalty.domain.referral_rules import ReferralRule
from loyalty.domain.referrals import UNKNOWN_CODE

# By what two accounts are compared, and the reason that it gives.
PAYER = "payer"
SHIP_TO = "ship_to"
PHONE = "phone"
SIGNALS = {PAYER: "same_payment", PHONE: "same_phone", SHIP_TO: "same_address"}
VELOCITY = "many_claims"
RING = "ring"


def has_referrals(programmes: Sequence[Programme]) -> bool:
    """Whether a version of a programme is about referrals."""
    return any(programme.referral is not None for programme in programmes)


def verdict_of(
    rule: ReferralRule | None, *, is_known: bool, shared: Collection[str], claims: int, in_ring: bool
) -> tuple[int, list[str]]:
    """What is found of a claim by whether its code is known, what both accounts share, how often it was claimed, and
    whether it closes a ring.
    """
    if not is_known:
        return REFUSED, [UNKNOWN_CODE]
    reasons = [SIGNALS[kind] for kind in sorted(shared)]
    if rule is not None and claims > rule.claims_max:
        reasons.append(VELOCITY)
    if in_ring:
        reasons.append(RING)
    return (REVIEW if reasons else OPEN), reasons
