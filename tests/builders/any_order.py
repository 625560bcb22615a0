"""A story that is told at once, and again in another order, with repetitions, and settled at moments in between."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from builders.accounts import settle, tell
from loyalty.domain.account import Account
from loyalty.domain.orders import Fact
from loyalty.domain.posting import Entry
from loyalty.domain.programme import Programme
from loyalty.domain.settled import Settled


class Told(NamedTuple):
    """An account at the end of a story, and what was posted until then."""

    account: Account
    settled: Settled
    entries: list[Entry]


def settled_at(account: Account, day: float, programmes: Sequence[Programme], entries: list[Entry]) -> Settled:
    settled = settle(account, day, *programmes)
    entries += settled.entries
    return settled


def sums(entries: list[Entry]) -> dict[object, int]:
    counted: Counter[object] = Counter()
    for entry in entries:
        counted[entry.order_id, entry.key] += entry.points
    return {key: points for key, points in counted.items() if points}


def told_in_two_orders(
    random: Random, facts: list[tuple[str, Fact]], programmes: Sequence[Programme], end: float
) -> tuple[Told, Told]:
    """The same story, settled at ``end``: told at once, and slowly."""
    once, slow = Account({}), Account({})
    entries: tuple[list[Entry], list[Entry]] = ([], [])
    for order_id, fact in facts:
        tell(once, order_id, fact)
    at_once = settled_at(once, end, programmes, entries[0])
    shuffled = facts + random.sample(facts, random.randint(0, len(facts)))
    random.shuffle(shuffled)
    days = sorted(random.choice([0, 1, 5, 7, 33, 60, 61, 130, 450]) for _ in shuffled)
    for (order_id, fact), day in zip(shuffled, days, strict=True):
        tell(slow, order_id, fact)
        if random.random() < 0.5:
            settled_at(slow, day, programmes, entries[1])
    slowly = settled_at(slow, end, programmes, entries[1])
    return Told(once, at_once, entries[0]), Told(slow, slowly, entries[1])
