"""The tier of a customer while a timeline is computed, where a version of the programme has tiers of another kind."""

from collections.abc import Sequence

from loyalty.domain.lots import Lot
from loyalty.domain.programme import Programme
from loyalty.domain.reached import Kept, Reached
from loyalty.domain.spend import RollingSpend
from loyalty.domain.zones import ShopZones


class Ranking(RollingSpend):
    """The net spend of a rolling window, and what versions of other kinds measure. Instants only move forward.

    A version judges the past by its own measure, also what happened under another one.
    """

    __slots__ = ("_measured", "_reached", "_zones")

    def __init__(self, lots: Sequence[Lot], zones: ShopZones) -> None:
        super().__init__(lots)
        self._measured, self._zones = lots, zones
        self._reached: dict[int, Reached] = {}

    def tier_before(self, programme: Programme, at: int) -> int:
        """The tier by what was paid before an instant."""
        reached = self._of(programme, at)
        return super().tier_before(programme, at) if reached is None else reached.tier(at)

    def tier_at(self, programme: Programme, at: int) -> int:
        """The tier by what was paid up to an instant."""
        reached = self._of(programme, at + 1)
        if reached is None:
            return programme.tier_index(self.upto(at, programme.window))
        return reached.tier(at)

    def changed(self, position: int, difference: int, at: int) -> None:
        """Add a change in the net, and perhaps in the points, of the lot at ``position``."""
        super().changed(position, difference, at)
        for reached in self._reached.values():
            reached.changed(position)

    def until(self, programme: Programme, tier: int) -> int | None:
        """When a tier of the last instant ends without news."""
        reached = self._reached.get(programme.effective_from)
        if reached is not None:
            return reached.until(tier)
        falls = self.falls(programme, tier)
        return None if falls is None else falls.earned_at + programme.window

    def measure(self, programme: Programme, at: int) -> int:
        """What counts towards the next level, of a version of another kind."""
        reached = self._of(programme, at + 1)
        return 0 if reached is None else reached.measure(at)

    def kept(self, programme: Programme, now: int, until: int | None) -> Kept | None:
        """What counts at the end of a tier, of a version of another kind."""
        reached = self._of(programme, now + 1)
        return None if reached is None or until is None else reached.kept(now, until)

    def _of(self, programme: Programme, end: int) -> Reached | None:
        """What was reached by the lots that were paid before ``end``; None for a version with plain tiers."""
        if programme.qualifying is None:
            return None
        reached = self._reached.get(programme.effective_from)
        if reached is None:
            reached = Reached(programme, programme.qualifying, self._measured, self._zones)
            self._reached[programme.effective_from] = reached
        reached.enter(end)
        return reached
