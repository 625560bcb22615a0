"""A second opinion on what an order is worth: all that was said of it on one desk, read the way a clerk reads it.

The rules are those that ingest's README states; nothing of the product's law is used.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from mandegar.events import Event

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
LIFE = ("order.placed", "order.paid", "order.updated")
OVER = ("cancelled", "refunded")


class Opinion(NamedTuple):
    """``total`` is zero for an order that does not stand; ``refunds`` has when and how much by refund id."""

    total: Decimal
    stands: bool
    paid_at: datetime | None
    refunds: dict[str, tuple[datetime, Decimal]]

    @property
    def net(self) -> Decimal:
        return max(self.total - sum((amount for _, amount in self.refunds.values()), Decimal(0)), Decimal(0))


def opinion(facts: Sequence[Event]) -> Opinion:
    """What the facts of one order come to."""
    moved = [fact for fact in facts if fact.type == "order.moved"]
    words = [fact for fact in facts if fact.type not in ("refund.issued", "order.moved")]
    numbers = [number for fact in words if (number := _number(fact)) is not None]
    of_the_last = [fact for fact in words if numbers and _number(fact) == max(numbers)]
    plain = [fact for fact in words if _number(fact) is None]
    stands = not moved and _stands(of_the_last, plain)
    bodies = [fact for fact in of_the_last + plain if fact.type != "order.cancelled"]
    newest = max(bodies, key=lambda fact: (_written(fact), LIFE.index(fact.type), -fact.data.total), default=None)
    payments = [fact.time for fact in words if _is_paid(fact)]
    refunds: dict[str, tuple[datetime, Decimal]] = {}
    for fact in sorted(set(facts) - set(words) - set(moved), key=lambda fact: (_written(fact), fact.data.amount)):
        refunds[fact.data.refund_id] = _written(fact), fact.data.amount
    total = newest.data.total if newest is not None and stands else Decimal(0)
    return Opinion(total, stands, min(payments, default=None), refunds)


def _stands(of_the_last: Sequence[Event], plain: Sequence[Event]) -> bool:
    """The last word on it: of the events with the last number together, and of each that has no number."""
    words = [(_written(fact), fact) for fact in plain if _is_over(fact) or _says_that_it_stands(fact)]
    over = [fact for fact in of_the_last if _is_over(fact)]
    stands = [fact for fact in of_the_last if _says_that_it_stands(fact)]
    if over or stands:
        last = max(over or stands, key=_written)
        words.append((_written(last), last))
    elif of_the_last:
        first = min(of_the_last, key=_written)
        words.append((_written(first), first))
    last_time = max((written for written, _ in words), default=None)
    return not any(_is_over(fact) for written, fact in words if written == last_time)


def _is_over(fact: Event) -> bool:
    return fact.type == "order.cancelled" or fact.data.status in OVER


def _says_that_it_stands(fact: Event) -> bool:
    return not _is_over(fact) and (fact.type == "order.paid" or fact.data.status in ("open", "paid"))


def _is_paid(fact: Event) -> bool:
    return fact.type == "order.paid" or (fact.type in LIFE and fact.data.status == "paid")


def _written(fact: Event) -> datetime:
    """When the shop wrote it, by the shop's own clock."""
    ahead = fact.data.written_at
    return fact.time if ahead is None else EPOCH + timedelta(microseconds=ahead)


def _number(fact: Event) -> int | None:
    """The shop's number of this version; none if the version is only the time."""
    version: int = fact.data.version
    return None if EPOCH + timedelta(microseconds=min(version, 10**17)) == _written(fact) else version
