"""Turns counts of customers by (repeat purchases, first day, last day) into the cells of a likelihood."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from churn.fitting.likelihood import Histogram, cells_of

DAILY_CELLS_MAX = 50_000
# Repeat purchases, first day, last day (ordinals), number of customers.
Count = tuple[int, int, int, int]


def histogram(counts: Iterable[Count], through_day: int) -> Histogram:
    """The cells at the end of ``through_day``, in a fixed order, so that a fit repeats to the last bit.

    Up to ``DAILY_CELLS_MAX`` cells days are exact; beyond, all days of a week count as its middle.
    """
    cells: Counter[tuple[int, float, float]] = Counter()
    for x, first_day, last_day, customers in counts:
        cells[x, float(first_day), float(last_day)] += customers
    if len(cells) > DAILY_CELLS_MAX:
        cells = _by_week(cells)
    rows = np.array([(*cell, customers) for cell, customers in sorted(cells.items())], dtype=np.float64)
    x, first, last, customers_ = rows.T
    age = np.maximum(through_day - first, last - first) / 7
    return cells_of(x, (last - first) / 7, age, customers_)


def _by_week(daily: Counter[tuple[int, float, float]]) -> Counter[tuple[int, float, float]]:
    weekly: Counter[tuple[int, float, float]] = Counter()
    for (x, first, last), customers in daily.items():
        weekly[x, first // 7 * 7 + 3.0, last // 7 * 7 + 3.0] += customers
    return weekly
