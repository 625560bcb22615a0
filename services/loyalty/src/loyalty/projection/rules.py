"""What a caller supposes, and how a projection with it differs from the one without."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from loyalty.domain.money import billionths
from loyalty.domain.orders import PAID, Fact
from loyalty.domain.projection import Change
from mandegar.events.ingest import AMOUNT_MAX
from mandegar.quantities import NUMBER_FORM, decimal_of

# No order and no event of a shop is called so.
SUPPOSED: Final = "if\x1fpurchase"
CONDITION_MAX = 200


class InvalidCondition(ValueError):
    """A condition that supposes nothing that can be computed."""


class Purchase(NamedTuple):
    """An order that is paid at once."""

    amount: Decimal

    def fact(self, at: int) -> Fact:
        """The payment."""
        return Fact(at, SUPPOSED, PAID, billionths(self.amount), at)


def condition_of(text: str) -> Purchase:
    """The condition in a text such as ``purchase:2500000``; raises ``InvalidCondition``."""
    kind, colon, amount = text.partition(":")
    if kind != "purchase" or not colon:
        raise InvalidCondition("must be purchase:<amount>, in the currency of the shop: purchase:2500000")
    try:
        number = decimal_of(amount)
    except ValueError:
        raise InvalidCondition(f"the amount of a purchase must have {NUMBER_FORM}") from None
    if not 0 < number <= AMOUNT_MAX:
        raise InvalidCondition(f"the amount of a purchase must be more than 0 and at most {AMOUNT_MAX:f}")
    return Purchase(number)


def with_counterparts(changes: Sequence[Change], others: Sequence[Change]) -> Iterator[tuple[Change, bool]]:
    """Each change, and whether the other projection has it too; what the balance is by then does not matter."""
    counts = Counter(map(_what, others))
    for change in changes:
        what = _what(change)
        counts[what] -= 1
        yield change, counts[what] >= 0


def _what(change: Change) -> Change:
    return change._replace(balance=change.balance._replace(available=0, pending=0, held=0, debt=0, lifetime=0))
