"""The purchases of many customers as columns, and their rhythms on any day.

Each purchase has the rhythm that it ends, computed once as a stream would compute it, so that the rhythms of any day
are one look-up.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from churn.domain.forecast.rhythm import CLOCKS, HALF_LIVES_DAYS
from churn.fitting.likelihood import Floats, Ints
from churn.fitting.signals import Heard, SignalLog
from churn.fitting.treatments import Split, no_treatments, split


class Rhythms(NamedTuple):
    """Customers on one day, a row each: see ``churn.domain.forecast.rhythm``.

    ``customer`` is their place in ``Purchases``, ``place`` that of their last purchase. ``silence`` is in weeks;
    ``decayed`` (three rows) is as of the day. ``net`` and ``orders`` are of all purchases so far. ``heard`` are their
    signals, None if there are none.
    """

    customer: Ints
    place: Ints
    x: Floats
    t_x: Floats
    silence: Floats
    warped: Floats
    log_gaps: Floats
    squared_gaps: Floats
    decayed: Floats
    net: Floats
    orders: Floats
    heard: Heard | None = None


class Purchases:
    """Purchases in the order of customer and day; ``start`` is each customer's first, ``end`` behind their last."""

    def __init__(self, customer: Ints, day: Ints, net: Floats, signals: SignalLog | None = None) -> None:
        """Of orders in any order: customers are numbered from 0 without a gap, days are ordinals."""
        self.signals = signals
        order = np.lexsort((net, day, customer))
        customer, day, net = customer[order], day[order], net[order]
        is_new = np.ones(len(day), dtype=bool)
        is_new[1:] = (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])
        first_order = np.flatnonzero(is_new)
        self.customer, self.day = customer[first_order], day[first_order]
        self.net = np.add.reduceat(net, first_order) if len(net) else net
        self.orders = np.diff(np.append(first_order, len(day))).astype(np.float64)
        self.customers = int(self.customer[-1]) + 1 if len(self.customer) else 0
        self.start = np.searchsorted(self.customer, np.arange(self.customers))
        self.end = np.append(self.start[1:], len(self.day)).astype(np.int64)
        self._first_day = int(self.day.min()) if len(self.day) else 0
        self._width = int(self.day.max()) - self._first_day + 2 if len(self.day) else 1
        self._key = self.customer * self._width + self.day - self._first_day
        self._rhythms()
        self.treatments = no_treatments()

    @property
    def first_day(self) -> int:
        """The day of the first purchase of all."""
        return self._first_day

    @property
    def last_day(self) -> int:
        """The day of the last purchase of all."""
        return self._first_day + self._width - 2

    def on(self, day: int, customers: Ints | None = None) -> Rhythms:
        """The rhythms of all (or of these) customers with a purchase by the end of a day."""
        who = np.arange(self.customers) if customers is None else customers
        place = self.last_by(day, who)
        known = place >= self.start[who]
        who, place = who[known], place[known]
        silent_days = (day - self.day[place]).astype(np.float64)
        decay = 2.0 ** (-silent_days / np.array(HALF_LIVES_DAYS, dtype=np.float64)[:, None])
        return Rhythms(
            customer=who,
            place=place,
            x=(place - self.start[who]).astype(np.float64),
            t_x=(self.day[place] - self.day[self.start[who]]) / 7,
            silence=silent_days / 7,
            warped=self._warped[:, place],
            log_gaps=self._log_gaps[place],
            squared_gaps=self._squared_gaps[place],
            decayed=self._decayed[:, place] * decay,
            net=self._net_so_far[place],
            orders=self._orders_so_far[place],
            heard=None if self.signals is None else self.signals.on(np.full(len(who), day), who, self.day[place]),
        )

    def fresh(self, rhythms: Rhythms) -> Rhythms:
        """The same customers on the day of their last purchase."""
        last = self.day[rhythms.place]
        return rhythms._replace(
            silence=np.zeros_like(rhythms.silence),
            decayed=self._decayed[:, rhythms.place],
            heard=None if self.signals is None else self.signals.on(last, rhythms.customer, last),
        )

    def last_by(self, day: int, customers: Ints) -> Ints:
        """The place of each customer's last purchase by the end of a day; before their ``start`` if there is none."""
        offset = min(max(day - self._first_day, -1), self._width - 1)
        return np.searchsorted(self._key, customers * self._width + offset, side="right") - 1

    def bought(self, rhythms: Rhythms, day: int, within_days: int) -> NDArray[np.bool_]:
        """Whether each customer buys in the days after ``day``."""
        return self.last_by(day + within_days, rhythms.customer) > rhythms.place

    def split(self, rhythms: Rhythms, day: int, within_days: int) -> Split:
        """Who got a message, and who was withheld one, before what they do in the days after ``day``."""
        following = np.append(self.day, 0)[rhythms.place + 1]
        following = np.where(rhythms.place + 1 < self.end[rhythms.customer], following, np.iinfo(np.int64).max)
        return split(self.treatments, rhythms.customer, self.day[rhythms.place], following, day, within_days)

    def revenue(self, rhythms: Rhythms, day: int, within_days: int) -> Floats:
        """What each customer pays in the days after ``day``."""
        later = self.last_by(day + within_days, rhythms.customer)
        return self._net_so_far[later] - rhythms.net

    def net_before(self, places: Ints) -> Floats:
        """What the customer of each purchase had paid before it."""
        before: Floats = self._net_so_far[places] - self.net[places]
        return before

    def places_of(self, rhythms: Rhythms) -> Ints:
        """The places of all purchases of these customers until ``place``."""
        counts = rhythms.x.astype(np.int64) + 1
        first = rhythms.place - counts + 1
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        places: Ints = np.repeat(first, counts) + offsets
        return places

    def _rhythms(self) -> None:
        number = len(self.day)
        nth = np.arange(number) - self.start[self.customer] if number else np.zeros(0, dtype=np.int64)
        self._warped = np.zeros((len(CLOCKS), number))
        self._decayed = np.ones((len(HALF_LIVES_DAYS), number))
        self._log_gaps, self._squared_gaps = np.zeros(number), np.zeros(number)
        self._net_so_far, self._orders_so_far = self.net.astype(np.float64), self.orders.copy()
        by_nth = np.argsort(nth, kind="stable")
        bounds = np.searchsorted(nth[by_nth], np.arange(1, (int(nth.max()) if number else 0) + 2))
        half_lives = np.array(HALF_LIVES_DAYS, dtype=np.float64)[:, None]
        clocks = np.array(CLOCKS)[:, None]
        for begin, end in pairwise(bounds):
            place = by_nth[begin:end]
            before = place - 1
            days = (self.day[place] - self.day[before]).astype(np.float64)
            gap = days / 7
            self._warped[:, place] = self._warped[:, before] + gap**clocks
            self._log_gaps[place] = self._log_gaps[before] + np.log(gap)
            self._squared_gaps[place] = self._squared_gaps[before] + gap * gap
            self._decayed[:, place] = self._decayed[:, before] * 2.0 ** (-days / half_lives) + 1.0
            self._net_so_far[place] += self._net_so_far[before]
            self._orders_so_far[place] += self._orders_so_far[before]
