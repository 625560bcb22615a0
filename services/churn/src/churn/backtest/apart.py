"""Orders that lie apart from all others in time: wrong years, which would stretch a log by decades."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from churn.fitting.likelihood import Ints

# So long nobody bought between them and the rest. A shop that sells once a year has shorter pauses.
APART_DAYS: Final = 400
# One in so many orders may lie apart at each end, and one in any case.
_ONE_IN: Final = 200
# So long no shop pauses between its first orders and the rest: then more may lie apart, as in the future.
_FAR_APART_DAYS: Final = 1_000
_FAR_ONE_IN: Final = 50
_FAR_IN_ANY_CASE: Final = 3
# Among fewer orders nobody can say which are the rest.
_ORDERS_MIN: Final = 20


def lie_apart(days: Ints, today: int | None = None) -> NDArray[np.bool_]:
    """Which orders lie before or behind all but a few; with ``today``, also a few that lie behind tomorrow.

    Today in one zone is tomorrow in another. Where more lie behind it, the log is no record, and its last day is not
    told by a clock.
    """
    if len(days) < _ORDERS_MIN:
        return np.zeros(len(days), dtype=bool)
    far = max(_FAR_IN_ANY_CASE, len(days) // _FAR_ONE_IN)
    future = days > today + 1 if today is not None else np.zeros(len(days), dtype=bool)
    if future.sum() > far:
        future[:] = False
    past = days[~future]
    first, last = past.min(), past.max()
    for pause, few in ((APART_DAYS, max(1, len(days) // _ONE_IN)), (_FAR_APART_DAYS, far)):
        early, late = _ends(past, pause, few)
        first, last = max(first, early), min(last, late)
    apart: NDArray[np.bool_] = (days < first) | (days > last)
    return apart


def _ends(days: Ints, pause: int, few: int) -> tuple[int, int]:
    """The first and the last day between all such pauses with at most a few orders before, or behind, them."""
    ordered = np.sort(days)
    before = np.flatnonzero(np.diff(ordered) > pause) + 1
    early, late = before[before <= few], before[before >= len(days) - few]
    return int(ordered[early[-1]] if len(early) else ordered[0]), int(
        ordered[late[0] - 1] if len(late) else ordered[-1]
    )
