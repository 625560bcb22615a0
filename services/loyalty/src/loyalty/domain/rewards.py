"""The rewards of a shop, and whether a customer can have one of them: all reasons that speak against it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from mandegar.quantities import DAY_US

RewardKind: TypeAlias = Literal[
    "amount_off",
    "percent_off",
    "product",
    "sample",
    "free_shipping",
    "upgrade",
    "invitation",
    "gift",
    "partner_coupon",
    "charity",
]
CouponSource: TypeAlias = Literal["generated", "pool", "none"]

NOT_ENOUGH_POINTS: Final = "not_enough_points"
TIER_TOO_LOW: Final = "tier_too_low"
OUT_OF_STOCK: Final = "out_of_stock"
NOT_YET: Final = "not_yet"
OVER: Final = "over"
LIMIT_REACHED: Final = "limit_reached"
POINTS_OWED: Final = "points_owed"


class Limit(NamedTuple):
    """How often a customer may take a reward within ``days`` (None: at all)."""

    times: int
    days: int | None


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward, as one version of the catalogue has it.

    Instants are in microseconds. ``begin`` and ``end`` (exclusive) bound its window, ``stock`` (None: any number) is
    how often it can be taken, ``tiers`` are those that may take it (empty: all). A coupon of it is valid until the end
    of the day ``valid_days`` after its issue (None: without end).
    """

    name: str
    kind: RewardKind
    titles: Mapping[str, str]
    price: int
    terms: Mapping[str, object]
    coupon: CouponSource = "generated"
    prefix: str = ""
    stock: int | None = None
    limit: Limit | None = None
    begin: int | None = None
    end: int | None = None
    tiers: tuple[str, ...] = ()
    minimum_spend: Decimal | None = None
    valid_days: int | None = None

    def title(self, locale: str) -> str:
        """The title in a language, else in English, else in any."""
        return self.titles.get(locale[:2]) or self.titles.get("en") or next(iter(self.titles.values()))


class Reason(NamedTuple):
    """Why a customer cannot have a reward now. ``when`` is the instant from which this reason no longer holds, if
    nothing else happens; None: that is not known.
    """

    code: str
    required: int | str | None = None
    available: int | str | None = None
    missing: int | None = None
    when: int | None = None


class HasPoints(Protocol):
    """What a lot tells of its points."""

    active_at: int
    expires_at: int | None
    pending: int
    available: int


class Purse(NamedTuple):
    """What a customer can spend: points now, points owed, the tier, and the usable points at later instants."""

    available: int
    debt: int
    tier: str
    coming: Sequence[tuple[int, int]] = ()


def coming_points(lots: Iterable[HasPoints], debt: int, now: int) -> list[tuple[int, int]]:
    """The usable points at each instant at which a hold ends, if nothing else happens until then.

    Points on hold repay what is owed first. What expires before such an instant is not usable then.
    """
    usable, expiring, pending = 0, list[tuple[int, int]](), list[tuple[int, int, int | None]]()
    for lot in lots:
        if lot.available:
            usable += lot.available
            if lot.expires_at is not None:
                heappush(expiring, (lot.expires_at, lot.available))
        if lot.pending:
            pending.append((max(lot.active_at, now), lot.pending, lot.expires_at))
    instants: list[tuple[int, int]] = []
    for at, points, expires_at in sorted(pending, key=lambda one: one[0]):
        repaid = min(debt, points)
        debt, points = debt - repaid, points - repaid
        if expires_at is not None:
            heappush(expiring, (expires_at, points))
        usable += points
        while expiring and expiring[0][0] <= at:
            usable -= heappop(expiring)[1]
        if instants and instants[-1][0] == at:
            instants.pop()
        instants.append((at, usable))
    return instants


def reasons_against(
    reward: Reward, purse: Purse, *, left: int | None, taken: Sequence[int], tiers: Sequence[str], now: int
) -> list[Reason]:
    """Why the customer cannot have the reward at ``now``; none: they can.

    ``left`` is what is left of the stock (None: any number), ``taken`` when the customer took the reward before, in
    ascending order, and ``tiers`` the names of the programme's tiers in ascending order.
    """
    reasons = [*_window(reward, now)]
    if reward.tiers and purse.tier not in reward.tiers:
        lowest = next((tier for tier in tiers if tier in reward.tiers), reward.tiers[0])
        reasons.append(Reason(TIER_TOO_LOW, required=lowest, available=purse.tier))
    if left is not None and left <= 0:
        reasons.append(Reason(OUT_OF_STOCK, required=1, available=0, missing=1))
    if reward.limit is not None:
        reasons += _limit(reward.limit, taken, now)
    if reward.price > purse.available:  # who owes points has none
        missing = reward.price - purse.available + purse.debt
        when = next((at for at, points in purse.coming if points >= reward.price), None)
        code = POINTS_OWED if purse.debt else NOT_ENOUGH_POINTS
        reasons.append(Reason(code, reward.price, purse.available, missing, when))
    return reasons


def _window(reward: Reward, now: int) -> Iterable[Reason]:
    if reward.begin is not None and now < reward.begin:
        yield Reason(NOT_YET, when=reward.begin)
    if reward.end is not None and now >= reward.end:
        yield Reason(OVER)


def _limit(limit: Limit, taken: Sequence[int], now: int) -> Iterable[Reason]:
    """A use counts for ``days`` of 24 hours."""
    counted = taken if limit.days is None else [at for at in taken if at > now - limit.days * DAY_US]
    if len(counted) >= limit.times:
        when = None if limit.days is None else counted[-limit.times] + limit.days * DAY_US
        yield Reason(LIMIT_REACHED, required=limit.times, available=len(counted), when=when)
