"""What the conditions of segments read of one customer: the state that churn holds, and what loyalty published last."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from churn.domain.lifecycle import lifecycle_of
from churn.domain.model import Model
from churn.domain.purchases import Statistics
from churn.domain.signals.state import NOTHING, Signals
from mandegar.calendar import ShopDays
from mandegar.events.churn import Band, Lifecycle, Stage

Frequency: TypeAlias = Literal["once", "sometimes", "often"]
Spending: TypeAlias = Literal["low", "middle", "high"]


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
    ``signals`` are what the model hears, ``stage`` is the one that follows from the acts of the customer.
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
    signals: Signals = NOTHING
    stage: Stage | None = None
    _lifecycle: Lifecycle | None = None
    _has_lifecycle: bool = False

    def lifecycle(self) -> Lifecycle | None:
        """Where the customer is in their life with the shop (``domain/lifecycle.py``). Worked out once."""
        if not self._has_lifecycle:
            of = lifecycle_of(self.band, self.statistics, self.healthy_since, self.model, self.days, self.signals)
            self._lifecycle, self._has_lifecycle = of, True
        return self._lifecycle

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
