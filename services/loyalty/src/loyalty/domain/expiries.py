"""Upcoming expiries, summed per midnight, and the warnings about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from loyalty.domain.lots import Lot
from mandegar.quantities import DAY_US

# How late a warning may be for an order that nothing was posted for yet.
LATE = DAY_US
# How long past expiries are remembered as announced: a new zone may bring the end of their day again, some hours later.
WARNED_KEPT = 2 * DAY_US


class ExpiryWarning(NamedTuple):
    """``points`` expire at ``expires_at``; the warning was due at ``at``."""

    expires_at: int
    points: int
    at: int


def expiries(lots: Sequence[Lot]) -> list[tuple[int, int]]:
    """(instant, usable points that expire then), the earliest first."""
    sums: dict[int, int] = {}
    for lot in lots:
        if lot.available and lot.expires_at is not None:
            sums[lot.expires_at] = sums.get(lot.expires_at, 0) + lot.available
    return sorted(sums.items())


def warnings_due(
    lots: Sequence[Lot], warned: Set[int], now: int, *, since: int | None, new_orders: Collection[str]
) -> dict[int, int]:
    """When the warnings to publish at ``now`` were due, by midnight; none for a lot of whose last day ``warned`` has
    a midnight.

    A warning that came due after the account was last settled (``since``) is published however late; for orders among
    ``new_orders``, for which nothing was posted yet, only if it is at most a day late.
    """
    due: dict[int, int] = {}
    for lot in lots:
        at = warning_at(lot)
        if at is None or lot.expires_at is None or at > now or not warned.isdisjoint(lot.midnights):
            continue
        overdue = since is not None and at > since and lot.order_id not in new_orders
        if overdue or now - at <= LATE:
            due[lot.expires_at] = min(at, due.get(lot.expires_at, at))
    return due


def warnings_of(due: Mapping[int, int], expiring: Iterable[tuple[int, int]]) -> list[ExpiryWarning]:
    """The warnings due, with the points that expire at their midnights."""
    return [ExpiryWarning(expires_at, points, due[expires_at]) for expires_at, points in expiring if expires_at in due]


def warned_after(warned: Set[int], due: Collection[int], now: int) -> set[int]:
    """The expiries to remember as announced at ``now``."""
    return {at for at in warned if at > now - WARNED_KEPT} | set(due)


def upcoming_warning(lots: Sequence[Lot], warned: Set[int], now: int) -> int | None:
    """When the next warning is due."""
    upcoming = None
    for lot in lots:
        at = warning_at(lot)
        if at is not None and at > now and warned.isdisjoint(lot.midnights) and (upcoming is None or at < upcoming):
            upcoming = at
    return upcoming


def warning_at(lot: Lot) -> int | None:
    """When to warn of a lot's expiry, not before its points are usable; None if it never expires or nothing is left.

    Points that came back from a redemption are warned of from then on.
    """
    if lot.expires_at is None or not (lot.available or lot.pending):
        return None
    at = max(lot.active_at, lot.expires_at - lot.programme.warning)
    return at if lot.freed_at is None else max(at, lot.freed_at)
