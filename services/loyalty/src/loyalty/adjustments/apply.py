"""What an adjustment does to a purse."""

from typing import NamedTuple

from loyalty.adjustments.rows import AdjustmentRow
from loyalty.adjustments.rules import Taken, facts_of, own_lot
from loyalty.domain.money import credit_text
from loyalty.domain.orders import OPENED
from loyalty.domain.purse import LOTS_MAX, Purse, TooManyLots
from loyalty.till.coins import whole_coins
from loyalty.till.command import Answer, refusal


class Applied(NamedTuple):
    """How an adjustment was applied: the place of its facts, and what it took."""

    place: int
    taken: list[Taken]
    owed: int


def apply_to(purse: Purse, row: AdjustmentRow) -> Applied | Answer:
    """Give or take, or refuse it: what is usable is taken in the order in which it would be spent."""
    place, taken, owed = len(purse.facts), list[Taken](), 0
    of_credit, amount = row.credit is not None, row.amount
    unit = purse.in_credit if of_credit else purse
    if amount < 0:
        wanted = -amount
        owed = max(wanted - unit.available, 0) if row.allow_debt else 0
        try:
            parts = unit.take(wanted - owed) if wanted > owed else []
        except TooManyLots as error:
            return _too_many_lots(credit_text(_whole(error.points, purse)) if of_credit else error.points, row)
        except ValueError:
            return _not_enough(wanted, unit.available, row)
        taken = [Taken(part.order_id, part.points) for part in parts]
        unit.debt += owed
    own = own_lot(row.adjustment_id, of_credit=of_credit)
    for order_id, fact in facts_of(row.adjustment_id, own, amount, purse.at, place, row.last_day, taken, owed):
        purse.add(order_id, fact)
        if fact.kind == OPENED and amount > 0:
            purse.give(order_id, fact)
    return Applied(place, taken, owed)


def _whole(credit: int, purse: Purse) -> int:
    """As much credit as can be asked for: fractions of a coin are refused."""
    return credit if purse.programme is None else whole_coins(credit, purse.programme.currency)


def _too_many_lots(most: int | str, row: AdjustmentRow) -> Answer:
    unit = "points are" if row.credit is None else "credit is"
    return refusal(
        409,
        "too_many_lots",
        f"The {unit} in too many lots",
        f"One adjustment takes from at most {LOTS_MAX} lots: take at most `at_most`, then the rest",
        at_most=most,
    )


def _not_enough(wanted: int, available: int, row: AdjustmentRow) -> Answer:
    figures = {"required": wanted, "available": available, "missing": wanted - available}
    unit = "points" if row.credit is None else "credit"
    return refusal(
        409,
        f"not_enough_{unit}",
        f"The customer does not have enough {unit}",
        "Take at most `available`, or send allow_debt: what is missing is then owed",
        **(figures if row.credit is None else {name: credit_text(figure) for name, figure in figures.items()}),
    )
