"""Orders that lie apart from all others in time: wrong years, which would stretch a log by decades."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from churn.fitting.likelihood import Ints

# So long nobody bought between them and the rest. A shop that sells once a year has shorter pauses.
APART_DAYS: Final = 400
# One in so many orders may lie apart at each end, and one in any case.
_ONE_IN: Final = 200
# Among fewer orders nobody can say which are the rest.
_ORDERS_MIN: Final = 20


def lie_apart(days: Ints) -> NDArray[np.bool_]:
    """Which orders lie before or behind all but a few."""
    if len(days) < _ORDERS_MIN:
        return np.zeros(len(days), dtype=bool)
    ordered, few = np.sort(days), max(1, len(days) // _ONE_IN)
    before = np.flatnonzero(np.diff(ordered) > APART_DAYS) + 1
    early, late = before[before <= few], before[before >= len(days) - few]
    first = ordered[early[-1]] if len(early) else ordered[0]
    last = ordered[late[0] - 1] if len(late) else ordered[-1]
    apart: NDArray[np.bool_] = (days < first) | (days > last)
    return apart
