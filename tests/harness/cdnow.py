"""The public CDNOW sample as it lies in the lifetimes wheel; the library itself is not imported."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

import numpy as np

from churn.domain.forecast.version import Version
from churn.domain.orders import Orders, record_payment, record_snapshot
from churn.fitting.purchases import Purchases
from mandegar.events.orders import PAID
from mandegar.quantities import to_us


class Line(NamedTuple):
    number: int
    customer: str
    day: date
    amount: Decimal


class Cdnow:
    """6,919 order lines of 2,357 customers, 1997-01 to 1998-06."""

    calibration_end = date(1997, 9, 30)
    holdout_end = date(1998, 6, 30)

    def __init__(self) -> None:
        path = Path(str(distribution("lifetimes").locate_file("lifetimes/datasets/CDNOW_sample.txt")))
        fields = (text.split() for text in path.read_text().splitlines())
        self.lines = [
            Line(number, row[1], date(int(row[2][:4]), int(row[2][4:6]), int(row[2][6:])), Decimal(row[4]))
            for number, row in enumerate(fields)
        ]

    def days_by_customer(self, through: date) -> dict[str, list[int]]:
        """The days with a purchase, per customer seen by then."""
        days: defaultdict[str, set[int]] = defaultdict(set)
        for line in self.lines:
            if line.day <= through:
                days[line.customer].add(line.day.toordinal())
        return {customer: sorted(of) for customer, of in days.items()}

    def counts(self, through: date) -> list[tuple[int, int, int, int]]:
        """The fit's histogram: repeat purchases, first day, last day, customers."""
        cells = Counter((len(days) - 1, days[0], days[-1]) for days in self.days_by_customer(through).values())
        return [(*cell, customers) for cell, customers in cells.items()]

    def purchases(self, lines: Iterable[Line] | None = None) -> Purchases:
        """All lines (or these) as columns; customers are numbered in the order of their ids."""
        chosen = self.lines if lines is None else [*lines]
        places = {customer: place for place, customer in enumerate(sorted({line.customer for line in chosen}))}
        columns = [(places[line.customer], line.day.toordinal(), float(line.amount)) for line in chosen]
        customer, day, amount = (np.array(column) for column in zip(*columns, strict=True))
        return Purchases(customer, day, amount)

    def stream(self, seed: int, repeats: float = 0.3) -> Iterator[Line]:
        """The log in a random order, with some of its lines more than once."""
        chooser = random.Random(seed)
        shuffled = [line for line in self.lines for _ in range(1 + (chooser.random() < repeats))]
        chooser.shuffle(shuffled)
        yield from shuffled


def fold(events: Iterable[Line]) -> dict[str, Orders]:
    """Each customer's orders after these lines, every one of them paid at noon of its day."""
    orders: defaultdict[str, Orders] = defaultdict(dict)
    for line in events:
        at_us = to_us(datetime.combine(line.day, time(12), UTC))
        order_id = f"o-{line.number}"
        record_snapshot(orders[line.customer], order_id, line.amount, at_us, at_us, PAID)
        record_payment(orders[line.customer], order_id, at_us)
    return orders


def flat(version: Version) -> list[float]:
    """All numbers of a version, to compare those of two processes: threads of linear algebra add up in any order."""
    mixture = [number for part in version.mixture for number in (part.clock, part.share, *part.parameters)]
    rest = version._asdict()
    for name in ("population", "mixture", "weights"):
        rest.pop(name)
    numbers = [*version.population, *mixture, *version.weights, *rest.values()]
    return [number for number in numbers if number is not None]
