"""The result of settling an account, and what an account takes over from aliases."""

from collections.abc import Sequence
from typing import NamedTuple

from loyalty.domain.achievements import NOTHING_ACHIEVED, Achieved
from loyalty.domain.at_risk import Warned
from loyalty.domain.expiries import ExpiryWarning
from loyalty.domain.lots import Lot
from loyalty.domain.posting import Balance, Entry
from loyalty.domain.referrals import Outcome
from loyalty.domain.remembered import Remembered


class TakenOver(NamedTuple):
    """What a customer takes over from their aliases beside the facts of orders.

    ``version`` is the highest one that was published about an alias, ``tiers`` and ``warned`` are what aliases were
    told. ``moves`` are events that moved orders between them.
    ``settled_at`` is up to when one of them was settled.
    """

    version: int = 0
    tiers: frozenset[str] = frozenset()
    warned: frozenset[int] = frozenset()
    moves: frozenset[str] = frozenset()
    at_risk: int | None = None
    settled_at: int | None = None

    @property
    def needs_walk(self) -> bool:
        """Whether what is remembered of the account does not hold with it."""
        return bool(self.warned or self.moves)


class CreditBalance(NamedTuple):
    """What a customer has in credit, in thousandths of the ``currency``, and when how much of it expires next."""

    currency: str
    balance: Balance
    next_expiry: tuple[int, int] | None


class TierMove(NamedTuple):
    """The tier to announce, the one announced before, and the instant since which it is held."""

    tier: str
    previous: str
    at: int


class Settled(NamedTuple):
    """The result of settling an account; ``lots`` by order id. ``due_at`` is when it must be settled next, if ever.

    ``remembered`` is what to remember of the account, without the version that its entries lead to.
    ``tier_brought``: the customer had the tier to announce in another club, so it is no news to them.
    """

    entries: list[Entry]
    lots: dict[str, Lot]
    balance: Balance
    tier: str
    tier_until: int | None
    tier_move: TierMove | None
    warnings: list[ExpiryWarning]
    next_expiry: tuple[int, int] | None
    due_at: int | None
    remembered: Remembered | None = None
    tier_brought: bool = False
    at_risk: tuple[Warned, ...] = ()
    # What became of the codes by which the customer came.
    referrals: Sequence[Outcome] = ()
    achieved: Achieved = NOTHING_ACHIEVED
    # None: there never was any.
    credit: CreditBalance | None = None
