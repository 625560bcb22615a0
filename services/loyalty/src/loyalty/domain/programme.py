"""A points programme: what an order earns, when its points become usable, when they expire, and the tiers."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter

from loyalty.domain.act_rules import Acts
from loyalty.domain.challenge_rules import Challenges
from loyalty.domain.credit_rules import CreditRules
from loyalty.domain.earning import Earning
from loyalty.domain.guards import Guards
from loyalty.domain.levels import Levels
from loyalty.domain.money import amount_of, billionths
from loyalty.domain.part_payment import Spending
from loyalty.domain.qualifying import COUNTED, SPEND, Measure, Qualifying
from loyalty.domain.referral_rules import ReferralRule
from mandegar.quantities import DAY_US

_effective_from = attrgetter("effective_from")
DAYS_MAX = 36_500
# The ``effective_from`` of the built-in programme.
BEGINNING = -(10**18)
# What one order earns at most, and what a customer is given at most: the columns of the ledger hold nothing larger.
POINTS_MAX = 10**15
TOTAL_MAX = 9 * 10**18


@dataclass(frozen=True, slots=True)
class Tier:
    """A level, held while the net spend of the window (or what is measured instead) is at least ``spend``.

    ``word`` is what ``tier.granted`` names it by, if that is not its name.
    """

    name: str
    spend: Decimal
    multiplier: Decimal
    word: str = ""


@dataclass(frozen=True, slots=True)
class Programme:
    """One version of a shop's rules, in force from ``effective_from`` (in microseconds) until the next one.

    An order earns ``points`` for every ``per`` of net spend. They are on hold for ``hold_days`` after the payment, then
    usable for ``expiry_days`` (None: without end). ``tiers`` ascend by spend; the first requires none. What is in force
    before ``cut`` earns nothing. With ``wait_days`` the hold begins with the delivery of the order, and at the latest
    so many days after the payment. With ``earning`` its rules give the points, instead of ``points`` and ``per``;
    ``asks_first``: what an order earns depends on its being the first of its customer, ``asks_birthday``: on their
    birthday. ``spending`` says what points pay, ``qualifying`` how tiers are reached and lost (None: by the net spend
    of the window), ``credit`` what orders earn in money. Staff needs a second person to adjust more points than
    ``second_person_above``. A version that breaks its ``guards`` is not stored.
    """

    version: int
    effective_from: int
    currency: str
    points: Decimal
    per: Decimal
    hold_days: int
    expiry_days: int | None
    warn_days: int
    window_days: int
    tiers: tuple[Tier, ...]
    cut: int | None = None
    wait_days: int | None = None
    earning: Earning | None = None
    levels: Levels | None = None
    acts: Acts | None = None
    second_person_above: int | None = None
    second_person_above_credit: int | None = None
    spending: Spending | None = None
    guards: Guards | None = None
    qualifying: Qualifying | None = None
    referral: ReferralRule | None = None
    challenges: Challenges | None = None
    credit: CreditRules | None = None
    asks_first: bool = field(init=False)
    asks_birthday: bool = field(init=False)
    hold: int = field(init=False)
    window: int = field(init=False)
    warning: int = field(init=False)
    rates: tuple[tuple[int, int], ...] = field(init=False, repr=False)
    lines: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rate = (Fraction(self.points) if self.earns else Fraction(0)) / Fraction(self.per) / 10**9
        rates = (rate * Fraction(tier.multiplier) for tier in self.tiers)
        if not self.earns:
            object.__setattr__(self, "earning", None)
            object.__setattr__(self, "referral", None)
            if self.credit is not None:
                object.__setattr__(self, "credit", replace(self.credit, earning=None))
        earnings = [self.earning, None if self.credit is None else self.credit.earning]
        object.__setattr__(self, "asks_first", any(each is not None and each.asks_first for each in earnings))
        object.__setattr__(self, "asks_birthday", any(each is not None and each.asks_birthday for each in earnings))
        object.__setattr__(self, "hold", self.hold_days * DAY_US)
        object.__setattr__(self, "window", self.window_days * DAY_US)
        object.__setattr__(self, "warning", self.warn_days * DAY_US)
        object.__setattr__(self, "rates", tuple((rate.numerator, rate.denominator) for rate in rates))
        object.__setattr__(self, "lines", tuple(self._line(tier.spend) for tier in self.tiers))

    @property
    def point_value(self) -> Decimal | None:
        """What a point is worth in the currency of the shop, if the programme says it."""
        if self.spending is not None:
            return amount_of(self.spending.value)
        return None if self.guards is None else self.guards.value

    def usable_from(self, paid_at: int, delivered_at: int | None) -> int:
        """When the hold of an order ends."""
        if self.wait_days is None:
            return paid_at + self.hold
        latest = paid_at + self.wait_days * DAY_US
        begin = latest if delivered_at is None else min(delivered_at, latest)
        return max(paid_at, begin + self.hold)

    @property
    def measure(self) -> Measure:
        """What tiers are measured by."""
        return SPEND if self.qualifying is None else self.qualifying.measure

    def _line(self, amount: Decimal) -> int:
        return billionths(amount) // (10**9 if self.measure in COUNTED else 1)

    @property
    def earns(self) -> bool:
        """Whether anything is earned: not if the shop's cut-off is behind all of its time."""
        return self.cut is None or self.effective_from >= self.cut

    def tier_index(self, spend: int) -> int:
        """The index of the tier that a net spend (in billionths) reaches."""
        return bisect_right(self.lines, spend) - 1

    def points_due(self, net: int, tier: int) -> int:
        """Points for a net order of ``net`` billionths in a tier: computed exactly, then rounded down once; at most
        ``POINTS_MAX``.
        """
        numerator, denominator = self.rates[tier]
        return min(net * numerator // denominator, POINTS_MAX)


def in_force(programmes: Sequence[Programme], at: int) -> Programme:
    """The version in force at an instant. ``programmes`` ascend by ``effective_from``; the first is built in."""
    return programmes[max(bisect_right(programmes, at, key=_effective_from) - 1, 0)]


def earning_from(programmes: Sequence[Programme], begin: int) -> tuple[Programme, ...]:
    """The programmes, but orders that were paid before ``begin`` earn nothing; the version in force then is two."""
    cut: list[Programme] = []
    for programme in programmes:
        cut.append(programme if programme.effective_from >= begin else replace(programme, cut=begin))
        if programme.effective_from < begin and programme is in_force(programmes, begin):
            cut.append(replace(programme, effective_from=begin, cut=begin))
    return tuple(cut)


def next_version_at(programmes: Sequence[Programme], at: int) -> int | None:
    """When the version in force at ``at`` is replaced by the next one, if there is one."""
    place = max(bisect_right(programmes, at, key=_effective_from), 1)
    return programmes[place].effective_from if place < len(programmes) else None
