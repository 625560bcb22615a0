"""Since when a tier is held, where some version of the programme has tiers of another kind: by going through it all."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from loyalty.domain.acts import Judge
from loyalty.domain.lots import Lot
from loyalty.domain.opened import open_all
from loyalty.domain.opening import Grant, granted, turns
from loyalty.domain.orders import Fact
from loyalty.domain.programme import BEGINNING, Programme, in_force
from loyalty.domain.ranking import Ranking
from loyalty.domain.timeline import first_counts, play
from loyalty.domain.zones import ShopZones


class _History(Ranking):
    """Notes from when on which tier was held, while a timeline is computed."""

    __slots__ = ("_grants", "_programmes", "_reached_to", "_turns", "held")

    def __init__(
        self, lots: Sequence[Lot], programmes: Sequence[Programme], zones: ShopZones, grants: Sequence[Grant], now: int
    ) -> None:
        super().__init__(lots, zones)
        self._programmes, self._grants = programmes, grants
        begins = {programme.effective_from for programme in programmes if BEGINNING < programme.effective_from <= now}
        self._turns = sorted(begins | turns(grants, now))
        self._reached_to: int | None = None
        self.held: list[tuple[int, str]] = []

    def changed(self, position: int, difference: int, at: int) -> None:
        """Add a change, and note the tiers that were held before it."""
        self.pass_to(at)
        super().changed(position, difference, at)

    def pass_to(self, end: int) -> None:
        """Note the tiers that were held up to just before an instant."""
        at = self._reached_to
        self._reached_to = end if at is None else max(at, end)
        if at is None:
            at = min([end, *self._turns])
        while at < end:
            programme = in_force(self._programmes, at)
            reached = self.tier_at(programme, at)
            tier = max(reached, granted(self._grants, programme, at)) if self._grants else reached
            self.held.append((at, programme.tiers[tier].name))
            until = self.until(programme, reached)
            ahead = [turn for turn in (*self._turns, until) if turn is not None and turn > at]
            at = min([end, *ahead])


def held_since(
    orders: Iterable[tuple[str, UUID, Sequence[Fact]]],
    programmes: Sequence[Programme],
    zones: ShopZones,
    held: str,
    now: int,
) -> int:
    """Since when the customer has held ``held``, the tier of ``now``, without interruption."""
    lots, _, grants, _, _ = open_all(orders, programmes, zones, now)
    history = _History(lots, programmes, zones, grants, now)
    play(lots, history, now, Judge(zones), grants=grants, standing=0 if first_counts(programmes) else None)
    history.pass_to(now + 1)
    since = now
    for at, name in reversed(history.held):
        if name != held:
            break
        since = at
    return since
