"""A points programme: what an order earns, when points become usable and when they go, and the tiers."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from loyalty.domain.quantities import DAY, billionths

DAYS_MAX = 36_500
BEGINNING = -(10**18)  # the effective_from of a programme that was always there


@dataclass(frozen=True, slots=True)
class Tier:
    """A level that a customer holds while the net spend of the window reaches ``spend``."""

    name: str
    spend: Decimal
    multiplier: Decimal


@dataclass(frozen=True, slots=True)
class Programme:
    """One version of a shop's rules, in force from ``effective_from`` (a microsecond) until the next one.

    ``points`` are given for every ``per`` of net spend. They wait ``hold_days`` after payment, and last ``expiry_days``
    after that (None: for ever). ``tiers`` are in ascending order of spend; the first asks for none.
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
    hold: int = field(init=False)
    window: int = field(init=False)
    warning: int = field(init=False)
    rates: tuple[tuple[int, int], ...] = field(init=False, repr=False)
    lines: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rate = Fraction(self.points) / Fraction(self.per) / 10**9
        rates = (rate * Fraction(tier.multiplier) for tier in self.tiers)
        object.__setattr__(self, "hold", self.hold_days * DAY)
        object.__setattr__(self, "window", self.window_days * DAY)
        object.__setattr__(self, "warning", self.warn_days * DAY)
        object.__setattr__(self, "rates", tuple((rate.numerator, rate.denominator) for rate in rates))
        object.__setattr__(self, "lines", tuple(billionths(tier.spend) for tier in self.tiers))

    def tier_index(self, spend: int) -> int:
        """Which tier a net spend (in billionths) reaches."""
        return bisect_right(self.lines, spend) - 1

    def points_due(self, net: int, tier: int) -> int:
        """Points for a net order of ``net`` billionths in a tier: exact, and rounded down once."""
        numerator, denominator = self.rates[tier]
        return net * numerator // denominator


def in_force(programmes: Sequence[Programme], at: int) -> Programme:
    """The version that rules an instant; ``programmes`` ascend by effective_from and the first began with time."""
    found = programmes[0]
    for programme in programmes[1:]:
        if programme.effective_from > at:
            break
        found = programme
    return found


def next_version_at(programmes: Sequence[Programme], at: int) -> int | None:
    """When the version in force at ``at`` is followed by another one, if that is known."""
    for programme in programmes[1:]:
        if programme.effective_from > at:
            return programme.effective_from
    return None
