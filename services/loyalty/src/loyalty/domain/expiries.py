"""Points that are about to go: per midnight at which something expires, what goes, and when that is said."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from loyalty.domain.lots import Lot
from loyalty.domain.quantities import DAY

LATE = DAY  # a warning that should have been given longer ago than this is not given for points learnt of since


class ExpiryWarning(NamedTuple):
    """``points`` will be gone at ``expires_at``; this was to be said at ``at``."""

    expires_at: int
    points: int
    at: int


def expiries(lots: Sequence[Lot]) -> list[tuple[int, int]]:
    """(instant, usable points that go then), the earliest first."""
    sums: dict[int, int] = {}
    for lot in lots:
        if lot.available and lot.expires_at is not None:
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.available
    return sorted(sums.items())


def warnings_due(
    lots: Sequence[Lot], warned: Collection[int], now: int, *, since: int | None, unheard: Collection[str]
) -> list[ExpiryWarning]:
    """The warnings to give at ``now``, once per midnight.

    What came due since the account was last settled (``since``) is given however late, but no later than a day for the
    orders in ``unheard``, which nothing was posted for before.
    """
    found: dict[int, int] = {}
    for lot in lots:
        at = warning_at(lot)
        if at is None or lot.expires_at is None or at > now or lot.expires_at in warned:
            continue
        overdue = since is not None and at > since and lot.order_id not in unheard
        if overdue or now - at <= LATE:
            found[lot.expires_at] = min(at, found.get(lot.expires_at, at))
    if not found:
        return []
    return [
        ExpiryWarning(expires_at, points, found[expires_at])
        for expires_at, points in expiries(lots)
        if expires_at in found
    ]


def upcoming_warning(lots: Sequence[Lot], warned: Collection[int], now: int) -> int | None:
    """When the next warning will be due."""
    upcoming = None
    for lot in lots:
        at = warning_at(lot)
        if at is not None and at > now and lot.expires_at not in warned and (upcoming is None or at < upcoming):
            upcoming = at
    return upcoming


def warning_at(lot: Lot) -> int | None:
    """When to warn of a lot's end; None when it never ends or nothing is left. Never before its points are usable."""
    if lot.expires_at is None or not (lot.available or lot.pending):
        return None
    return max(lot.active_at, lot.expires_at - lot.programme.warning)
