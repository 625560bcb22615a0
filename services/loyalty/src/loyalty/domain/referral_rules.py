"""What a programme pays for referrals."""

from dataclasses import dataclass

from loyalty.domain.act_rules import Limit
from mandegar.quantities import DAY_US

# The word for referrals among the rules that gave points.
REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class ReferralRule:
    """``friend_points`` for whoever came by a code, ``referrer_points`` for whose code it was, within ``limits``.

    The friend's order must be worth ``minimum`` (in billionths), and be paid ``within_days`` after the claim (None: at
    any time). More than ``claims_max`` claims of one code within ``claims_days`` are looked at by a person. ``link`` is
    an address with ``{code}``.
    """

    friend_points: int
    referrer_points: int
    minimum: int = 0
    within_days: int | None = None
    limits: tuple[Limit, ...] = ()
    claims_max: int = 10
    claims_days: int = 7
    link: str = ""

    @property
    def within(self) -> int | None:
        """``within_days`` in microseconds."""
        return None if self.within_days is None else self.within_days * DAY_US
