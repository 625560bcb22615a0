"""The purchases of a sample of customers, refolded from their packed orders."""

from array import array
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from churn.domain.orders import UNITS
from churn.domain.sample import read_framed
from churn.fitting.purchases import Purchases
from churn.fitting.treatments import treatments_from
from mandegar.calendar import ShopDays


def read_purchases(
    stream: BinaryIO, days: ShopDays, through_day: int, treated: Iterable[tuple[int, int, bool]] = ()
) -> Purchases:
    """The purchases by the end of a day (an ordinal) of the customers in a stream of ``churn.domain.sample``, and the
    messages of ``treated``: customer, microseconds, withheld by a holdout.

    Who has no purchase is left out, and the others are numbered anew, in their order.
    """
    customer, day, net = array("q"), array("q"), array("d")
    end_us = days.end_of(through_day)
    for sampled in read_framed(stream):
        for paid in sampled.paid():
            if paid.at_us < end_us:
                customer.append(sampled.number)
                day.append(days.day_of(paid.at_us))
                net.append(paid.net / UNITS)
    numbers = np.frombuffer(customer, np.int64) if customer else np.zeros(0, np.int64)
    present, places = np.unique(numbers, return_inverse=True)
    purchases = Purchases(places.astype(np.int64), np.array(day, np.int64), np.array(net, np.float64))
    purchases.treatments = treatments_from(treated, present, days)
    return purchases
