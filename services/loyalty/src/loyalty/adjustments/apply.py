"""What an adjustment does to a purse."""

from typing import NamedTuple

from loyalty.adjustments.rows import AdjustmentRow
from loyalty.adjustments.rules import Taken, facts_of
from loyalty.domain.purse import LOTS_MAX, Purse, TooManyLots
from loyalty.till.command import Answer, refusal


class Applied(NamedTuple):
    """How an adjustment was applied: the place of its facts, and what it took."""

    place: int
    taken: list[Taken]
    owed: int


def apply_to(purse: Purse, row: AdjustmentRow) -> Applied | Answer:
    """Give or take the points, or refuse it: usable points are taken in the order in which they would be spent."""
    place, taken, owed = len(purse.facts), list[Taken](), 0
    if row.points < 0:
        wanted = -row.points
        owed = max(wanted - purse.available, 0) if row.allow_debt else 0
        try:
            parts = purse.take(wanted - owed) if wanted > owed else []
        except TooManyLots as error:
            return refusal(
                409,
                "too_many_lots",
                "The points are in too many lots",
                f"One adjustment takes from at most {LOTS_MAX} lots: take at most `at_most` points, then the rest",
                at_most=error.points,
            )
        except ValueError:
            return refusal(
                409,
                "not_enough_points",
                "The customer does not have enough points",
                "Take at most `available`, or send allow_debt: what is missing is then owed",
                required=wanted,
                available=purse.available,
                missing=wanted - purse.available,
            )
        taken = [Taken(part.order_id, part.points) for part in parts]
        purse.debt += owed
    for order_id, fact in facts_of(row.adjustment_id, row.points, purse.at, place, row.last_day, taken, owed):
        purse.add(order_id, fact)
    if row.points > 0:
        repaid = min(purse.debt, row.points)
        purse.debt -= repaid
        purse.available += row.points - repaid
    return Applied(place, taken, owed)
