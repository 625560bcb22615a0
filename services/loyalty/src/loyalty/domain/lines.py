"""What an order says beside its total: its lines, where it was made, and what its total consists of."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from loyalty.domain.money import billionths

# So many lines of an order are kept apart, the others as one: an order is read with each later event about it.
LINES_MAX = 200
_LINE_MAX = 10**24
_ONE = Decimal(1)


class Line(NamedTuple):
    """A product of an order. ``amount`` is its price times its quantity, in billionths; ``gift_card`` is 1 for one."""

    product: str
    amount: int
    category: str = ""
    gift_card: int = 0


class Lines(NamedTuple):
    """The lines and parts of an order, in billionths; what the shop did not state is empty.

    ``discount`` is None if it was not stated. ``shipping``, ``tax`` and ``gift_cards`` (what was paid with them) are
    parts of the total.
    """

    items: tuple[Line, ...] = ()
    channel: str = ""
    branch: str = ""
    shipping: int = 0
    tax: int = 0
    gift_cards: int = 0
    discount: int | None = None


NO_LINES = Lines()
_NOTHING = NO_LINES[1:]


def line_of(product: str, quantity: Decimal, price: Decimal | None, category: str | None, gift_card: bool) -> Line:
    """A line as a shop states it."""
    amount = 0 if price is None else billionths(price)
    if quantity != _ONE:
        amount = min(amount * billionths(quantity) // 10**9, _LINE_MAX)
    return Line(product, amount, category or "", 1 if gift_card else 0)


def lines_together(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with those of one product added up; behind the first ``LINES_MAX`` they are one without a product."""
    if len(lines) == 1:
        return (lines[0],)
    if len(lines) <= LINES_MAX and len({(line[0], line[2], line[3]) for line in lines}) == len(lines):
        return tuple(lines)
    sums: dict[tuple[str, str, int], int] = {}
    for product, amount, category, gift_card in lines:
        key = (product, category, gift_card)
        if key not in sums and len(sums) >= LINES_MAX:
            key = ("", "", 0)
        sums[key] = sums.get(key, 0) + amount
    return tuple([Line(product, amount, category, card) for (product, category, card), amount in sums.items()])


def packed_lines(lines: Lines) -> tuple[object, ...]:
    """Lines as they are stored: arrays without the empty fields at their ends."""
    items = [line if line[3] else line[: 3 if line[2] else 2] for line in lines[0]]
    if lines[1:] == _NOTHING:  # the usual case
        return (items,)
    fields: list[object] = [items, *lines[1:]]
    if lines.discount is None:
        fields.pop()
        while len(fields) > 1 and not fields[-1]:
            fields.pop()
    return tuple(fields)
