"""The purchases and signals of a sample of customers, refolded from their packs."""

from array import array
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from churn.domain.orders import UNITS
from churn.domain.sample import read_framed
from churn.domain.signals.experience import felt
from churn.domain.signals.state import unpack_signals
from churn.fitting.purchases import Purchases
from churn.fitting.signals import FeltAt, SignalLog
from churn.fitting.treatments import treatments_from
from mandegar.calendar import ShopDays
from mandegar.quantities import DAY_US


def read_purchases(
    stream: BinaryIO, days: ShopDays, through_day: int, treated: Iterable[tuple[int, int, bool]] = ()
) -> Purchases:
    """The purchases by the end of a day (an ordinal) of the customers in a stream of ``churn.domain.sample``, what is
    known of them besides, and the messages of ``treated``: customer, microseconds, withheld by a holdout.

    Who has no purchase is left out, and the others are numbered anew, in their order.
    """
    customer, day, net = array("q"), array("q"), array("d")
    heard: dict[int, bytes] = {}
    end_us = days.end_of(through_day)
    for sampled in read_framed(stream):
        bought = len(customer)
        for paid in sampled.paid():
            if paid.at_us < end_us:
                customer.append(sampled.number)
                day.append(days.day_of(paid.at_us))
                net.append(paid.net / UNITS)
        if sampled.signals and len(customer) > bought:
            heard[sampled.number] = sampled.signals
    numbers = np.frombuffer(customer, np.int64) if customer else np.zeros(0, np.int64)
    present, places = np.unique(numbers, return_inverse=True)
    signals = _signals({place: heard[number] for place, number in enumerate(present) if number in heard}, days)
    purchases = Purchases(places.astype(np.int64), np.array(day, np.int64), np.array(net, np.float64), signals)
    purchases.treatments = treatments_from(treated, present, days)
    return purchases


def _signals(by_customer: dict[int, bytes], days: ShopDays) -> SignalLog | None:
    """The signals of customers by place; a visit belongs to the shop's day on which its day of UTC is over."""
    if not by_customer:
        return None
    customer, day, experiences = array("q"), array("q"), list[FeltAt]()
    for place, data in by_customer.items():
        signals = unpack_signals(data)
        for visited in signals.visited.days():
            customer.append(place)
            day.append(days.day_of((visited + 1) * DAY_US - 1))
        for each in felt(signals.facts):
            eased = np.inf if each.eased_us is None else _day(each.eased_us, days)
            experiences.append(FeltAt(place, _day(each.at_us, days), each.strength, eased))
    return SignalLog(np.array(customer, np.int64), np.array(day, np.int64), experiences)


def _day(at_us: int, days: ShopDays) -> float:
    day = days.day_of(at_us)
    return day + (at_us - days.start_of(day)) / DAY_US
