"""The signals of many customers as columns, as they were known at the end of any day."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from churn.domain.forecast.heard import FELT_MAX
from churn.domain.signals.experience import EASED
from churn.domain.signals.visited import HALF_LIFE_DAYS
from churn.fitting.likelihood import Floats, Ints


class FeltAt(NamedTuple):
    """What a customer felt since ``at``, a day of the shop with its fraction; ``eased`` is infinite for never."""

    customer: int
    at: float
    strength: float
    eased: float


class Heard(NamedTuple):
    """Signals of customers on one day, a row each: see ``churn.domain.forecast.heard``.

    ``visits`` days with a visit (0: never seen) over ``t_x`` weeks, the last one ``unseen`` weeks ago; ``decayed`` is
    as of the last. ``unhappy`` and ``glad`` are sums of strengths since the last purchase, as far as they count.
    """

    visits: Floats
    t_x: Floats
    unseen: Floats
    decayed: Floats
    unhappy: Floats
    glad: Floats


class SignalLog:
    """Visits and experiences; customers are those of ``Purchases``, days are ordinals of the shop."""

    def __init__(self, customer: Ints, day: Ints, experiences: Iterable[FeltAt]) -> None:
        """Of visits in any order, each day of a customer at most once."""
        order = np.lexsort((day, customer))
        self._customer, self.day = customer[order], day[order]
        self._first_day = int(day.min()) if len(day) else 0
        self._width = int(day.max()) - self._first_day + 2 if len(day) else 1
        self._key = self._customer * self._width + self.day - self._first_day
        felt = sorted(experiences)
        columns = [*zip(*felt, strict=True)] or [(), (), (), ()]
        self._felt_by = np.array(columns[0], dtype=np.int64)
        self._at, self._strength, self._eased = (np.array(column, dtype=np.float64) for column in columns[1:])
        self._decays()

    def on(self, day: Ints, customers: Ints, last_purchase: Ints) -> Heard:
        """What was known of each customer at the end of a day of theirs, whose last purchase was on another."""
        place = self._last_by(day, customers)
        first = np.searchsorted(self._key, customers * self._width)
        seen = place >= first
        at = np.where(seen, place, 0)
        visits = np.where(seen, place - first + 1, 0).astype(np.float64)
        if not len(self.day):
            nothing = np.zeros(len(customers))
            return Heard(nothing, nothing, nothing, nothing, *self._felt(day, customers, last_purchase))
        t_x = np.where(seen, self.day[at] - self.day[np.minimum(first, len(self.day) - 1)], 0) / 7
        unseen = np.where(seen, day - self.day[at], 0) / 7
        decayed = np.where(seen, self._decayed[at], 0.0)
        return Heard(visits, t_x, unseen, decayed, *self._felt(day, customers, last_purchase))

    def of(self, new: Ints) -> "SignalLog":
        """The signals of some customers, by their new numbers; -1 stands for those who are left out."""
        visits = new[self._customer] >= 0
        felt = [
            FeltAt(int(new[by]), *map(float, rest))
            for by, *rest in zip(self._felt_by, self._at, self._strength, self._eased, strict=True)
            if new[by] >= 0
        ]
        return SignalLog(new[self._customer[visits]], self.day[visits], felt)

    def visits_between(self, after: int, until: int) -> int:
        """How many days of customers had a visit, of the days after one until another."""
        return int(np.sum((self.day > after) & (self.day <= until)))

    def experiences_by(self, day: int) -> int:
        """How many experiences there had been by the end of a day."""
        return int(np.sum(self._at < day + 1))

    def _last_by(self, day: Ints, customers: Ints) -> Ints:
        offset = np.clip(day - self._first_day, -1, self._width - 1)
        return np.searchsorted(self._key, customers * self._width + offset, side="right") - 1

    def _felt(self, day: Ints, customers: Ints, last_purchase: Ints) -> tuple[Floats, Floats]:
        number = (int(customers.max()) if len(customers) else 0) + 1
        until, since = np.full(number, -np.inf), np.full(number, np.inf)
        until[customers], since[customers] = day + 1.0, last_purchase + 1.0
        known = self._felt_by < number
        by, at = self._felt_by[known], self._at[known]
        counts = (at >= since[by]) & (at < until[by])
        strength = self._strength[known] * np.where(self._eased[known] < until[by], EASED, 1.0)
        sums = [
            np.bincount(by[chosen], weights=np.abs(strength[chosen]), minlength=number)[customers]
            for chosen in (counts & (strength < 0), counts & (strength > 0))
        ]
        return np.minimum(sums[0], FELT_MAX), np.minimum(sums[1], FELT_MAX)

    def _decays(self) -> None:
        number = len(self.day)
        self._decayed = np.ones(number)
        if not number:
            return
        start = np.searchsorted(self._customer, self._customer)
        nth = np.arange(number) - start
        by_nth = np.argsort(nth, kind="stable")
        bounds = np.searchsorted(nth[by_nth], np.arange(1, int(nth.max()) + 2))
        for begin, end in pairwise(bounds):
            place = by_nth[begin:end]
            gap = self.day[place] - self.day[place - 1]
            self._decayed[place] = self._decayed[place - 1] * 2.0 ** (-gap / HALF_LIFE_DAYS) + 1.0
