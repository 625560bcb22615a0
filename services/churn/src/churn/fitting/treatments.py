"""Who was treated by a message in a window, and what their outcomes count for in what a model learns.

Outcomes of the treated say what customers do who get messages; a score says what they do without. But they cannot
simply be left out: who gets a message is who has not bought until then, so those who remain are the buyers. Where
chance withholds messages from some (a holdout), these have not bought until then either: they stand for the treated.
Without them the treated stay, and a model tells what customers do in this shop, messages included.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn.fitting.likelihood import Floats, Ints
from mandegar.calendar import ShopDays

# A message before the window still counts in it for so long, while the silence lasts in which it was sent.
CARRY_DAYS: Final = 14
# As many withheld customers stand for the treated of one window, and each for no more than so many.
WITHHELD_MIN: Final = 20
STANDS_FOR_MAX: Final = 20.0


class Treatments(NamedTuple):
    """Messages: the customer's place, the day, and whether a holdout withheld it."""

    customer: Ints
    day: Ints
    withheld: NDArray[np.bool_]


class Split(NamedTuple):
    """Whether each customer of a window was treated, or withheld, before their outcome; nobody is both."""

    treated: NDArray[np.bool_]
    withheld: NDArray[np.bool_]

    @property
    def stands_in(self) -> bool:
        """Whether there are treated customers, and enough withheld ones to stand for them."""
        return bool(self.treated.any() and self.withheld.sum() >= WITHHELD_MIN)

    def weights(self) -> Floats:
        """What each outcome counts for."""
        weights = np.ones(len(self.treated))
        if self.stands_in:
            withheld = int(self.withheld.sum())
            weights[self.treated] = 0.0
            weights[self.withheld] = min((withheld + int(self.treated.sum())) / withheld, STANDS_FOR_MAX)
        return weights


def no_treatments() -> Treatments:
    """Of a log that knows of no messages."""
    return Treatments(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))


def treatments_from(rows: Iterable[tuple[int, int, bool]], numbers: Ints, days: ShopDays) -> Treatments:
    """Of (customer's number, microseconds, withheld); ``numbers`` are those of the customers, by place."""
    told = [(number, days.day_of(at_us), withheld) for number, at_us, withheld in rows]
    if not told or not len(numbers):
        return no_treatments()
    number, day, withheld = (np.array(column) for column in zip(*told, strict=True))
    place = np.minimum(np.searchsorted(numbers, number), len(numbers) - 1)
    known = numbers[place] == number
    return Treatments(place[known].astype(np.int64), day[known].astype(np.int64), withheld[known].astype(bool))


def split(treatments: Treatments, customer: Ints, last: Ints, following: Ints, day: int, within_days: int) -> Split:
    """Of customers in order of place, their last day with a purchase until ``day`` and the next one after it.

    A message counts that is sent in their silence, until they buy or the window ends.
    """
    treated, withheld = np.zeros(len(customer), dtype=bool), np.zeros(len(customer), dtype=bool)
    near = (treatments.day > day - CARRY_DAYS) & (treatments.day <= day + within_days)
    if near.any() and len(customer):
        who, at, kept_back = (column[near] for column in treatments)
        place = np.minimum(np.searchsorted(customer, who), len(customer) - 1)
        counts = (customer[place] == who) & (at > last[place]) & (at <= following[place])
        treated[place[counts & ~kept_back]] = True
        withheld[place[counts & kept_back]] = True
    return Split(treated, withheld & ~treated)
