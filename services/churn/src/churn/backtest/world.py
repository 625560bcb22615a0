"""``python -m churn.backtest.world FOLDER --seed 1`` writes a synthetic shop: ``orders.csv`` and ``interactions.csv``.

In this world the truth is known. Customers arrive over two years and buy with gamma gaps of their own mean and
regularity, more often before the end of the year. Each purchase may be their last, and so may any day. Who is alive
visits now and then, and most before they buy; visits go on for a while after somebody has left, and of some for long;
a third are never seen, and others look around and never buy. Some purchases go wrong, the first ones most: then leaving
is likelier, by less if an answer came. Of those it went wrong for, a third say nothing.

How much visits and experiences tell is by construction: the world shows that a score finds what is there, and no more.
"""

import argparse
import csv
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

_BEGINS: Final = datetime(2023, 1, 2, tzinfo=UTC)
_WEEKS: Final = 104.0
_ARRIVE_WEEKS: Final = 92.0

_MEAN_GAP_WEEKS: Final = 5.0
_GAP_SPREAD: Final = 0.7
_REGULARITY: Final = ((1, 0.5), (2, 0.3), (4, 0.2))
_PEAK: Final = 1.6
_PEAK_WEEKS: Final = (46.0, 52.0)
_LIFETIME_WEEKS: Final = 70.0

_LEAVES_AT_FIRST: Final = 0.25
_LEAVES_LATER: Final = 0.04
_GOES_WRONG_AT_FIRST: Final = 0.18
_GOES_WRONG_LATER: Final = 0.06
# How many times likelier somebody leaves after what went wrong; half the excess if it was answered.
_WORSE_AT_FIRST: Final = 2.4
_WORSE_LATER: Final = 5.0
_SAYS_NOTHING: Final = 1 / 3
_PRAISES: Final = 0.08
_BETTER: Final = 0.6

_NEVER_SEEN: Final = 1 / 3
_VISITS_A_WEEK: Final = 1.0
_STOPS_WITHIN_WEEKS: Final = 1.5
_LOOKS_ON: Final = 0.12
_LOOKS_ON_WEEKS: Final = 20.0
_NEVER_BUYS: Final = 0.3


class Row(NamedTuple):
    """A row of ``interactions.csv``; ``at`` is in weeks."""

    at: float
    type: str
    value: str = ""
    subject: str = ""


def world(seed: int, customers: int) -> Iterator[tuple[str, list[tuple[float, float]], list[Row]]]:
    """Each customer with their orders (week, amount) and interactions; the last ones never buy."""
    chance = random.Random(seed)  # noqa: S311  a simulation
    for number in range(customers):
        yield f"c-{number}", *_customer(chance)
    for number in range(round(customers * _NEVER_BUYS)):
        since = chance.uniform(0.0, _ARRIVE_WEEKS)
        rate, until = chance.gammavariate(1.5, 0.4), min(since + chance.expovariate(1 / 12), _WEEKS)
        yield f"v-{number}", [], [Row(at, "product.viewed") for at in _visits(chance, since, until, rate)]


def _customer(chance: random.Random) -> tuple[list[tuple[float, float]], list[Row]]:
    first = chance.uniform(0.0, _ARRIVE_WEEKS)
    mean = _MEAN_GAP_WEEKS * chance.lognormvariate(0.0, _GAP_SPREAD)
    shape = chance.choices(*zip(*_REGULARITY, strict=True))[0]
    worth = chance.lognormvariate(3.5, 0.5)
    ends = first + chance.expovariate(1 / _LIFETIME_WEEKS)
    orders, rows, at, left = list[tuple[float, float]](), list[Row](), first, _WEEKS
    while at < _WEEKS:
        orders.append((at, round(worth * chance.lognormvariate(0.0, 0.3), 2)))
        told, worse = _experience(chance, at, len(orders))
        rows += told
        leaves = _LEAVES_AT_FIRST if len(orders) == 1 else _LEAVES_LATER
        if chance.random() < min(leaves * worse, 0.9):
            left = at
            break
        at += chance.gammavariate(shape, mean / shape) / _season(at)
        if at > ends:
            left = ends
            break
    return orders, sorted(rows + _seen(chance, orders, left))


def _season(week: float) -> float:
    return _PEAK if _PEAK_WEEKS[0] <= week % 52.0 < _PEAK_WEEKS[1] else 1.0


def _experience(chance: random.Random, at: float, nth: int) -> tuple[list[Row], float]:
    """What the customer tells of an order, and how many times likelier they leave after it."""
    if chance.random() >= (_GOES_WRONG_AT_FIRST if nth == 1 else _GOES_WRONG_LATER):
        if chance.random() >= _PRAISES:
            return [], 1.0
        return [Row(at + chance.uniform(0.5, 2.0), "review.submitted", str(chance.choice((4, 5, 5))))], _BETTER
    worse = _WORSE_AT_FIRST if nth == 1 else _WORSE_LATER
    if chance.random() < _SAYS_NOTHING:
        return [], worse
    happened, subject = at + chance.uniform(0.3, 1.5), f"{nth}"
    kind = chance.choices(("delivery.late", "ticket.opened", "review.submitted", "survey.nps"), (4, 3, 2, 1))[0]
    value = {"review.submitted": str(chance.choice((1, 1, 2))), "survey.nps": str(chance.randrange(5))}.get(kind, "")
    told = [Row(happened, kind, value, subject)]
    if kind == "ticket.opened" and chance.random() < 0.5:
        told.append(Row(happened + chance.expovariate(7 / 2), "ticket.answered", "", subject))
        worse = 1.0 + (worse - 1.0) / 2
    return told, worse


def _seen(chance: random.Random, orders: list[tuple[float, float]], left: float) -> list[Row]:
    if chance.random() < _NEVER_SEEN:
        return []
    rate, since = chance.gammavariate(2.0, _VISITS_A_WEEK / 2.0), max(orders[0][0] - 1.0, 0.0)
    until = left + chance.expovariate(1 / _STOPS_WITHIN_WEEKS)
    at = [*_visits(chance, since, min(until, _WEEKS), rate)]
    if chance.random() < _LOOKS_ON:
        at += _visits(chance, until, min(until + _LOOKS_ON_WEEKS, _WEEKS), rate * 0.4)
    for week, _ in orders:
        at += [week - chance.uniform(0.0, 1.0) for _ in range(chance.randrange(3))]
    return [Row(week, chance.choice(("product.viewed", "product.searched", "cart.updated"))) for week in at if week > 0]


def _visits(chance: random.Random, since: float, until: float, rate: float) -> Iterator[float]:
    at = since + chance.expovariate(rate)
    while at < until:
        yield at
        at += chance.expovariate(rate)


def write(folder: Path, seed: int, customers: int) -> None:
    """Write both files; the same seed gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "orders.csv").open("w", encoding="utf-8", newline="") as orders,
        (folder / "interactions.csv").open("w", encoding="utf-8", newline="") as interactions,
    ):
        bought, did = csv.writer(orders, lineterminator="\n"), csv.writer(interactions, lineterminator="\n")
        bought.writerow(("customer_id", "time", "amount"))
        did.writerow(("customer_id", "time", "type", "value", "subject"))
        for customer, of, rows in world(seed, customers):
            bought.writerows((customer, _instant(at), f"{amount:.2f}") for at, amount in of)
            did.writerows(
                (customer, _instant(row.at), row.type, row.value, row.subject) for row in rows if row.at < _WEEKS
            )


def _instant(week: float) -> str:
    return f"{_BEGINS + timedelta(seconds=round(week * 7 * 86_400)):%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m churn.backtest.world", description=__doc__)
    parser.add_argument("folder", type=Path, help="where both files are written")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--customers", type=int, default=4_000)
    wanted = parser.parse_args()
    write(wanted.folder, wanted.seed, wanted.customers)
    sys.stderr.write(f"{wanted.folder}/orders.csv, {wanted.folder}/interactions.csv\n")
