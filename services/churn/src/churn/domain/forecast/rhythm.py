"""What the score reads of a customer's purchases: sums over gaps and days, so that one more purchase costs O(1).

Lengths are weeks, and come from whole days. Recency is a length of silence that the reader passes, not part of it.
"""

from collections.abc import Iterable
from itertools import pairwise
from math import log
from typing import Final, NamedTuple

# Exponents of the clocks on which gaps are measured: on one above 1 regular gaps look likelier, on one below bursts do.
CLOCKS: Final = (0.7, 1.0, 1.5, 2.5)
# Purchases count for half after so many days.
HALF_LIVES_DAYS: Final = (28, 91, 182)


class Rhythm(NamedTuple):
    """``x`` repeat purchases over ``span_days``; of the gaps g between them Σ g^c by clock, Σ log g and Σ g².

    ``decayed`` is Σ 2^(-age/half-life) over all purchases, on the day of the last one.
    """

    x: int
    span_days: int
    warped: tuple[float, ...]
    log_gaps: float
    squared_gaps: float
    decayed: tuple[float, ...]

    @property
    def t_x(self) -> float:
        """Weeks from the first purchase to the last."""
        return self.span_days / 7


FIRST_PURCHASE: Final = Rhythm(0, 0, (0.0,) * len(CLOCKS), 0.0, 0.0, (1.0,) * len(HALF_LIVES_DAYS))


def after_purchase(rhythm: Rhythm, gap_days: int) -> Rhythm:
    """The rhythm after one more purchase, ``gap_days`` (one at least) after the last."""
    gap = gap_days / 7
    return Rhythm(
        rhythm.x + 1,
        rhythm.span_days + gap_days,
        tuple([sum_ + gap**clock for sum_, clock in zip(rhythm.warped, CLOCKS, strict=True)]),
        rhythm.log_gaps + log(gap),
        rhythm.squared_gaps + gap * gap,
        tuple(
            [
                count * 2.0 ** (-gap_days / half_life) + 1.0
                for count, half_life in zip(rhythm.decayed, HALF_LIVES_DAYS, strict=True)
            ]
        ),
    )


def rhythm_of(days: Iterable[int]) -> Rhythm:
    """The rhythm of purchases on these days, in order of time and each once."""
    rhythm = FIRST_PURCHASE
    for earlier, later in pairwise(days):
        rhythm = after_purchase(rhythm, later - earlier)
    return rhythm


def before_purchase(rhythm: Rhythm, gap_days: int) -> Rhythm:
    """The rhythm before the last purchase, which came ``gap_days`` after the one before it; but for rounding.

    Of decayed counts that a long gap has worn away, one is left: the purchase before the last.
    """
    if rhythm.x == 1:
        return FIRST_PURCHASE
    gap = gap_days / 7
    counts = zip(rhythm.decayed, HALF_LIVES_DAYS, strict=True)
    return Rhythm(
        rhythm.x - 1,
        rhythm.span_days - gap_days,
        tuple([max(sum_ - gap**clock, 0.0) for sum_, clock in zip(rhythm.warped, CLOCKS, strict=True)]),
        rhythm.log_gaps - log(gap),
        max(rhythm.squared_gaps - gap * gap, 0.0),
        tuple([_count_before(count, gap_days / half_life, rhythm.x) for count, half_life in counts]),
    )


def _count_before(count: float, half_lives: float, most: int) -> float:
    worn = 2.0**-half_lives
    return min(max((count - 1.0) / worn, 1.0), float(most)) if worn else 1.0
