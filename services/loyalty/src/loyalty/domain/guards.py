"""What a shop does not want its programme to exceed: what it owes in points, and what points cost of the revenue."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

# The last days of the shop whose events are looked at.
DAYS: Final = 90
LIABILITY: Final = "liability"
COST_SHARE: Final = "cost_share"


@dataclass(frozen=True, slots=True)
class Guards:
    """Limits: of what is outstanding, in money, and of the share that points cost of the revenue (a part of one).

    ``value`` is what a point is worth, where the programme does not say it otherwise.
    """

    liability: Decimal | None = None
    cost_share: Decimal | None = None
    value: Decimal | None = None


class Finding(NamedTuple):
    """A guard, its limit, and what was found; None where that cannot be told, because there is no revenue."""

    guard: str
    limit: Decimal
    found: Decimal | None

    @property
    def broken(self) -> bool:
        """Whether more was found than the guard allows."""
        return self.found is not None and self.found > self.limit


def findings(guards: Guards, liability: Decimal, cost: Decimal, revenue: Decimal) -> Iterator[Finding]:
    """What each guard comes to; cost and revenue are those of the last days."""
    if guards.liability is not None:
        yield Finding(LIABILITY, guards.liability, liability)
    if guards.cost_share is not None:
        yield Finding(COST_SHARE, guards.cost_share, cost / revenue if revenue > 0 else None)
