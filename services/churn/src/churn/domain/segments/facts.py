"""What the conditions of segments read of one customer: the state that churn holds, and what loyalty published last."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from churn.domain.bands import band_at
from churn.domain.forecast.rhythm import before_purchase
from churn.domain.model import Model
from churn.domain.purchases import Statistics
from churn.domain.standing import standing_under
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band

Lifecycle: TypeAlias = Literal["new", "active", "cooling", "at_risk", "lost", "won_back"]
Frequency: TypeAlias = Literal["once", "sometimes", "often"]
Spending: TypeAlias = Literal["low", "middle", "high"]

# Whoever was in one of these before the last purchase has come back.
_GONE: Final = frozenset({"at_risk", "lost"})


class Lines(NamedTuple):
    """Lines through a shop's buyers: from how many days with orders on they buy ``often``, from which net total on
    (in units) they spend no longer ``low`` and ``high``. None: too early to tell."""

    often: int = 3
    middle: int | None = None
    high: int | None = None


NO_LINES: Final = Lines()


@dataclass(slots=True)
class Facts:
    """One customer as conditions see them; None stands for what is not known.

    Instants are microseconds since 1970. ``healthy_since`` is that of the last purchase, where it is remembered.
    ``points`` and ``tier`` are those that loyalty published last.
    """

    days: ShopDays
    model: Model
    lines: Lines = NO_LINES
    statistics: Statistics | None = None
    band: Band | None = None
    band_since: int | None = None
    healthy_since: int | None = None
    interactions: int = 0
    visited_at: int | None = None
    acted_at: int | None = None
    tickets_opened: int = 0
    tickets_closed: int = 0
    complained_at: int | None = None
    points: int | None = None
    lifetime_points: int | None = None
    tier: str | None = None
    _lifecycle: Lifecycle | None = None
    _has_lifecycle: bool = False

    def lifecycle(self) -> Lifecycle | None:
        """Where the customer is in their life with the shop; None before the first purchase. Worked out once.

        While healthy: ``new`` after one day with orders, ``won_back`` from a purchase that ended a silence of those at
        risk or lost until the next one, else ``active``. Otherwise the band.
        """
        if not self._has_lifecycle:
            self._lifecycle, self._has_lifecycle = self._worked_out(), True
        return self._lifecycle

    def _worked_out(self) -> Lifecycle | None:
        if self.band is None or self.statistics is None:
            return None
        if self.band != "healthy":
            return self.band
        if not self.statistics.x:
            return "new"
        return "won_back" if _came_back(self, self.statistics) else "active"

    def frequency(self) -> Frequency | None:
        """How often the customer buys, by days with orders; None before the first purchase."""
        if self.statistics is None:
            return None
        if not self.statistics.x:
            return "once"
        return "often" if self.statistics.x + 1 >= self.lines.often else "sometimes"

    def spending(self) -> Spending | None:
        """How much the customer has spent beside the others; None before the first purchase, and without lines."""
        if self.statistics is None or self.lines.middle is None or self.lines.high is None:
            return None
        net = self.statistics.net
        return "high" if net >= self.lines.high else "middle" if net >= self.lines.middle else "low"


def _came_back(facts: Facts, last: Statistics) -> bool:
    """Whether the last purchase ended a silence in which the customer was at risk or lost."""
    if facts.healthy_since is not None and facts.healthy_since != last.day_at_us:
        return False  # healthy since before the last purchase
    before = last._replace(
        x=last.x - 1,
        last_day=last.previous_day,
        silent_from_us=facts.days.end_of(last.previous_day),
        net=last.net * last.x // (last.x + 1),  # of the last purchase it is not known: all are taken for equal
        rhythm=before_purchase(last.rhythm, last.last_day - last.previous_day),
    )
    standing = standing_under(before, facts.model, facts.days, lambda: 0)
    return band_at(standing, last.day_at_us).band in _GONE
