"""Amounts of an order by cell: one cell for each of its lines, and the last one for what is in no line."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from loyalty.domain.conditions import Base, When
from loyalty.domain.lines import Lines


def parts_of(total: int, lines: Lines) -> int:
    """In how many parts of a billionth cells are counted, so that they are whole numbers."""
    return (sum([line[1] for line in lines[0]]) or 1) * (total if lines.gift_cards else 1)


def one_a_cell(amounts: Mapping[int, Sequence[int]], rates: Sequence[int | Fraction] | None) -> dict[int, list[int]]:
    """The amounts, but each cell for one rule: the first, or the first of those with the highest rate."""
    places = list(amounts) if rates is None else sorted(amounts, key=lambda place: -rates[place])
    alone: dict[int, list[int]] = {place: [] for place in amounts}
    for cell in zip(*[amounts[place] for place in places], strict=True):
        first = next((place for place, amount in zip(places, cell, strict=True) if amount), None)
        for place, amount in zip(places, cell, strict=True):
            alone[place].append(amount if place == first else 0)
    return alone


def on_lines(cells: Sequence[int], when: When, lines: Lines) -> list[int]:
    """The cells that the conditions on lines allow: the last is what is in no line."""
    categories, products = when.categories, when.products
    allowed = [
        amount if (categories is None or line[2] in categories) and (products is None or line[0] in products) else 0
        for amount, line in zip(cells, lines[0], strict=False)
    ]
    allowed.append(cells[-1] if when.on_line("", "") else 0)
    return allowed


def cells_of(base: Base, total: int, lines: Lines) -> list[int]:
    """The amount of each line that counts for a base, and of the rest, in parts of a billionth.

    What the customer paid for goods is divided among the lines by their prices, so that discounts and taxes on the
    whole order are shared, but a line is worth no more than its price.
    """
    prices = sum([line[1] for line in lines[0]])
    goods = max(0, total - lines.shipping - (0 if base.tax else lines.tax))
    if base.before_discount:
        goods += max(0, prices - goods) if lines.discount is None else lines.discount
    in_lines = min(goods, prices)
    rest = 0 if base.items_only else goods - in_lines + (min(lines.shipping, total) if base.shipping else 0)
    share = 1
    if lines.gift_cards:
        share = total if base.paid_with_gift_cards else max(0, total - lines.gift_cards)
    factor, categories, products = in_lines * share, base.without_categories, base.without_products
    cells = [
        0 if line[2] in categories or line[0] in products or (line[3] and not base.gift_cards) else line[1] * factor
        for line in lines[0]
    ]
    cells.append(rest * (prices or 1) * share)
    return cells
