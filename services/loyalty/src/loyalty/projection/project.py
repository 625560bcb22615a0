"""Follows an account into the future, as the timer would."""

import asyncio
from typing import NamedTuple

from loyalty.account.prospect import Prospect, too_large
from loyalty.domain.account import Order
from loyalty.domain.forward import WalkNeeded
from loyalty.domain.ids import lot_id
from loyalty.domain.projection import Change, changes_at, moments
from loyalty.domain.settled import Settled
from loyalty.projection.rules import SUPPOSED, Purchase


class Course(NamedTuple):
    """What happens after the first settling, complete up to ``until``. ``truncated``: something happens later."""

    first: Settled
    changes: list[Change]
    until: int
    truncated: bool


async def follow(prospect: Prospect, now: int, until: int, most: int, purchase: Purchase | None = None) -> Course:
    """What happens up to ``until``: at most ``most`` changes, those of one instant together.

    Lets others of this process work between the instants.
    """
    settling = prospect.begin()
    end, grants, changes = min(until, prospect.reach), prospect.grants, list[Change]()
    if purchase is None:
        first = settling.settle(now)
    else:
        order = Order(SUPPOSED, lot_id(prospect.key, SUPPOSED, prospect.account.readmission), [], {})
        try:
            first = settling.settle(now, (order, purchase.fact(now)))
        except WalkNeeded:
            raise too_large() from None
    settled, steps = first, 0
    try:
        for moment in moments(settling, first, now, end):
            found = changes_at(moment, grants, prospect.rules.programmes)
            if len(changes) + len(found) > most or steps >= prospect.steps:
                return Course(first, changes, moment.at - 1, truncated=True)
            changes += found
            settled, now, steps = moment.settled, moment.at, steps + 1
            await asyncio.sleep(0)
    except WalkNeeded:
        return Course(first, changes, now, truncated=True)
    return Course(first, changes, end, truncated=end < until or settled.due_at is not None)
