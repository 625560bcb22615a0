"""What is remembered of an account between two settlings: with it the newest order costs the same at any number.

All of it is a function of the facts, the rules and the instant of the last settling. ``forward.py`` goes on from it, to
the same result as a walk from the beginning.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2s
from typing import NamedTuple

from loyalty.domain.expiries import warning_at
from loyalty.domain.lots import GIVING, Lot
from loyalty.domain.orders import Fact
from loyalty.domain.posting import Balance
from loyalty.domain.programme import TOTAL_MAX, Programme, in_force
from loyalty.domain.spend import Falls
from loyalty.domain.zones import ShopZones

# Counts the meanings that the computation of points has had: what was remembered under another one is not used, and
# workers that start have all accounts of older ones settled anew.
MEANING = 8
# Accounts with fewer orders are walked from the beginning, which costs less than remembering them.
REMEMBERED_FROM = 5


class Mark(NamedTuple):
    """What is remembered of one order, as of the last settling: that of its lot, and when it must be looked at again.

    ``changed_at`` is its last change after the payment. ``next_at`` is the next instant at which time or a fact that
    has arrived changes it. ``expires_at`` is set while usable points are left. ``is_first`` says of an order that earns
    by rules whether it was the first of the customer.
    """

    earned_at: int | None = None
    changed_at: int | None = None
    next_at: int | None = None
    expires_at: int | None = None
    net: int = 0
    tier: int = 0
    pending: int = 0
    available: int = 0
    held: int = 0
    is_first: bool | None = None


class Coming(NamedTuple):
    """Where rules are about days of the year: since when the customer is known, and when the next such day comes."""

    since: int
    next_at: int | None


class Remembered(NamedTuple):
    """What is remembered of a customer's account, as of ``settled_at``.

    It holds for ``version`` and ``settled_at`` alone, and under ``rules``. ``spend`` is that of the window; ``earned``
    is no less than what the orders ever earned together. Behind ``topped_at`` the highest tier was always held.
    From ``granted_until`` on no tier was granted. ``standing`` is how many orders are worth something, 0 if no rule of
    the programme asks for it, ``coming`` what its rules about days of the year ask for.
    """

    meaning: int
    version: int
    settled_at: int
    rules: str
    balance: Balance
    spend: int
    earned: int
    topped_at: int | None
    falls: Falls | None
    granted_until: int
    standing: int = 0
    coming: Coming | None = None

    def has_occasion_by(self, at: int) -> bool:
        """Whether a day of the year comes by an instant on which points are given."""
        return self.coming is not None and self.coming.next_at is not None and self.coming.next_at <= at

    def holds(self, version: int, settled_at: int | None, programmes: Sequence[Programme], zones: ShopZones) -> bool:
        """Whether an account of this version, settled at this instant, is the remembered one under these rules."""
        return (self.meaning, self.version, self.settled_at) == (MEANING, version, settled_at) and (
            self.rules == rules_until(programmes, zones, self.settled_at)
        )


def rules_until(programmes: Sequence[Programme], zones: ShopZones, at: int) -> str:
    """A digest of the rules on which the points at an instant depend: the versions that have begun, and the zones."""
    versions = [_version(programme) for programme in programmes if programme.effective_from <= at]
    return blake2s(f"{programmes[0].currency} {versions} {zones.periods}".encode(), digest_size=8).hexdigest()


def _version(programme: Programme) -> object:
    return programme.version if programme.cut is None else (programme.version, programme.cut)


def mark_of(facts: Sequence[Fact], lot: Lot | None, warned: Collection[int], now: int) -> Mark:
    """What to remember of an order that was settled at ``now``."""
    coming = [fact.at for fact in facts if fact.at > now][:1] if facts and facts[-1].at > now else []
    if lot is None:
        return Mark(next_at=coming[0] if coming else None)
    if lot.pending:
        coming.append(lot.active_at)
    if lot.held_until is not None:
        coming.append(lot.held_until)
    expires_at = lot.expires_at if lot.pending or lot.available else None
    if expires_at is not None:
        coming.append(expires_at)
        warning = warning_at(lot)
        if warning is not None and warning > now and not any(midnight in warned for midnight in lot.midnights):
            coming.append(warning)
    return Mark(
        lot.earned_at,
        lot.steps[-1].at if len(lot.steps) > 1 else None,
        min(coming) if coming else None,
        expires_at if lot.available else None,
        lot.net,
        lot.tier,
        lot.pending,
        lot.available,
        lot.held,
        None if lot.purchase is None else lot.purchase.first,
    )


def earned_by(lots: Iterable[Lot]) -> int:
    """All that lots ever gave, what was taken back later included."""
    return sum(points for lot in lots for key, (points, _) in lot.entries.items() if key[:2] in GIVING)


def can_be_remembered(balance: Balance, earned: int) -> bool:
    """Whether the lots do not depend on each other but for their tiers: nothing is owed, and there is room for all."""
    return balance.debt == 0 and earned < TOTAL_MAX


def topped_at(programmes: Sequence[Programme], tier: int, now: int) -> int | None:
    """Behind which instant the highest tier is known to be held, without looking at the past."""
    programme = in_force(programmes, now)
    if len(programme.tiers) == 1:
        return programme.effective_from
    return now if tier == len(programme.tiers) - 1 else None
