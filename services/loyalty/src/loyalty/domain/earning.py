"""What an order earns by rules: each rule gives points for what it counts of the order, rounded once.

An order is divided into cells: one for each of its lines, and one for what is in no line, such as the delivery. A rule
counts the cells that its conditions allow. Refunds lower all cells in proportion.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm
from operator import itemgetter, mul
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from loyalty.domain.conditions import Base, Moment, When
from loyalty.domain.lines import NO_LINES, Lines

Stacking: TypeAlias = Literal["add", "best", "first"]
Rounding: TypeAlias = Literal["down", "nearest", "up"]

_DAYS_MAX = 4096
_WHOLE: Final = Base()
_ROUNDED: Final[Mapping[Rounding, Callable[[int, int], int]]] = MappingProxyType(
    {
        "down": lambda points, parts: points // parts,
        "nearest": lambda points, parts: (2 * points + parts) // (2 * parts),
        "up": lambda points, parts: -(-points // parts),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Gives ``points`` for every ``per`` of what it counts, or once for an order if ``per`` is None."""

    name: str
    points: Decimal
    per: Decimal | None
    when: When = field(default_factory=When)
    base: Base = field(default_factory=Base)


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Gives what the rules with ``per`` give for what it counts again, so that it is ``times`` as much."""

    name: str
    times: Decimal
    when: When = field(default_factory=When)


class _Paid:
    """One order for which points are counted: its cells by base, their parts, and which rules apply to it."""

    __slots__ = ("cells", "lines", "net", "parts", "total")

    def __init__(self, net: int, total: int, lines: Lines) -> None:
        self.net = net
        self.total = total
        self.lines = lines
        # The amounts of cells are counted in so many parts of a billionth.
        self.parts = (sum([line[1] for line in lines[0]]) or 1) * (total if lines.gift_cards else 1)
        self.cells: dict[Base, list[int]] = {}

    def cells_of(self, base: Base) -> list[int]:
        """The amount of each line, and of the rest, that counts for ``base``."""
        cells = self.cells.get(base)
        if cells is None:
            cells = self.cells[base] = _cells(base, self.total, self.lines)
        return cells


@dataclass(frozen=True, slots=True)
class Earning:
    """The rules of a programme for orders. ``tiers`` are the multipliers of its tiers, for rules with ``per``.

    Of several rules that count one line, ``stacking`` says whether all of them give points for it, the one that gives
    most, or the first; of several that give points once, the same. So does ``multiplier_stacking`` of multipliers.
    """

    rules: tuple[Rule, ...]
    tiers: tuple[Decimal, ...]
    stacking: Stacking = "add"
    rounding: Rounding = "down"
    multipliers: tuple[Multiplier, ...] = ()
    multiplier_stacking: Stacking = "best"
    asks_first: bool = field(init=False)
    asks_hours: bool = field(init=False)
    plain: tuple[Fraction, ...] = field(init=False, repr=False)
    rates: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    parts: int = field(init=False, repr=False)
    extra: tuple[int, ...] = field(init=False, repr=False)
    extra_parts: int = field(init=False, repr=False)
    days: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        whens = [*[rule.when for rule in self.rules], *[multiplier.when for multiplier in self.multipliers]]
        rates = [Fraction(0) if rule.per is None else Fraction(rule.points) / Fraction(rule.per) for rule in self.rules]
        by_tier = [[rate * Fraction(tier) / 10**9 for tier in self.tiers] for rate in rates]
        parts = lcm(*[rate.denominator for of_rule in by_tier for rate in of_rule])
        extra = [Fraction(multiplier.times) - 1 for multiplier in self.multipliers]
        extra_parts = lcm(*[times.denominator for times in extra])
        put = object.__setattr__
        put(self, "asks_first", any(when.first_order is not None for when in whens))
        put(self, "asks_hours", any(when.hours for when in whens))
        put(self, "plain", tuple(rates))
        put(self, "rates", tuple(tuple(int(rate * parts) for rate in of_rule) for of_rule in by_tier))
        put(self, "parts", parts)
        put(self, "extra", tuple(int(times * extra_parts) for times in extra))
        put(self, "extra_parts", extra_parts)
        put(self, "days", {})

    def points_by_rule(
        self, net: int, total: int, lines: Lines | None, tier: int, moment: Moment, *, first: bool
    ) -> dict[str, int]:
        """The points of each rule that gives any, for an order that is worth ``net`` of ``total`` billionths.

        ``tier``, ``moment`` and ``first`` (whether it was the customer's first) are those of the payment.
        """
        if net <= 0:
            return {}
        paid = _Paid(net, net, NO_LINES) if lines is None else _Paid(net, total, lines)
        on_day = self.days.get(moment.day) or self._on_day(moment.day)
        asked = moment.minute, tier, paid.lines.channel, paid.lines.branch
        rules = [place for place in on_day[0] if self.rules[place].when.on_order(*asked, first=first)]
        counted = {place: cells for place in rules if (cells := self._counted(paid, self.rules[place]))}
        points = self._given_once(counted)
        amounts = {place: cells for place, cells in counted.items() if self.rules[place].per is not None}
        if not amounts:
            return points
        if self.stacking != "add" and len(amounts) > 1:
            amounts = _one_a_cell(amounts, self.plain if self.stacking == "best" else None)
        rounded, scale = _ROUNDED[self.rounding], paid.parts * paid.total * self.parts
        for place, cells in amounts.items():
            if due := rounded(sum(cells) * net * self.rates[place][tier], scale):
                points[self.rules[place].name] = due
        multipliers = [place for place in on_day[1] if self.multipliers[place].when.on_order(*asked, first=first)]
        if multipliers:
            rates = [self.rates[place][tier] for place in amounts]
            worth = [sum(map(mul, rates, cell)) for cell in zip(*amounts.values(), strict=True)]
            for place, cells in self._multiplied(multipliers, worth, paid).items():
                if due := rounded(sum(cells) * net * self.extra[place], scale * self.extra_parts):
                    points[self.multipliers[place].name] = due
        return points

    def _on_day(self, day: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The places of the rules and of the multipliers that may apply on a day."""
        if len(self.days) >= _DAYS_MAX:  # bounds the cache: orders may be of any day
            self.days.clear()
        rules = tuple([place for place, rule in enumerate(self.rules) if rule.when.on_day(day)])
        others = tuple([place for place, rule in enumerate(self.multipliers) if rule.when.on_day(day)])
        self.days[day] = rules, others
        return rules, others

    def _counted(self, paid: _Paid, rule: Rule) -> list[int] | None:
        """The cells that a rule counts; None if they are worth nothing, or less than its minimum."""
        cells, when = paid.cells_of(rule.base), rule.when
        if when.asks_lines:
            cells = _on_lines(cells, when, paid.lines)
        amount = sum(cells)
        if not amount or amount * paid.net < when.min_spend * paid.parts * paid.total:
            return None
        return cells

    def _given_once(self, counted: Iterable[int]) -> dict[str, int]:
        """The points of the rules among ``counted`` that give some once for an order."""
        rules = [self.rules[place] for place in counted]
        once = [(rule.name, int(rule.points)) for rule in rules if rule.per is None]
        if self.stacking == "best" and once:
            once = [max(once, key=itemgetter(1))]
        return dict(once if self.stacking != "first" else once[:1])

    def _multiplied(self, places: Sequence[int], worth: list[int], paid: _Paid) -> dict[int, list[int]]:
        """For each multiplier the cells that it multiplies, as they are worth to the rules."""
        multiplied: dict[int, list[int]] = {}
        for place in places:
            when = self.multipliers[place].when
            if when.min_spend:
                money = sum(_on_lines(paid.cells_of(_WHOLE), when, paid.lines))
                if money * paid.net < when.min_spend * paid.parts * paid.total:
                    continue
            multiplied[place] = _on_lines(worth, when, paid.lines) if when.asks_lines else worth
        if self.multiplier_stacking == "add" or len(multiplied) < 2:
            return multiplied
        return _one_a_cell(multiplied, self.extra if self.multiplier_stacking == "best" else None)


def _one_a_cell(amounts: Mapping[int, Sequence[int]], rates: Sequence[int | Fraction] | None) -> dict[int, list[int]]:
    """The amounts, but each cell for one rule: the first, or the first of those with the highest rate."""
    places = list(amounts) if rates is None else sorted(amounts, key=lambda place: -rates[place])
    alone: dict[int, list[int]] = {place: [] for place in amounts}
    for cell in zip(*[amounts[place] for place in places], strict=True):
        first = next((place for place, amount in zip(places, cell, strict=True) if amount), None)
        for place, amount in zip(places, cell, strict=True):
            alone[place].append(amount if place == first else 0)
    return alone


def _on_lines(cells: Sequence[int], when: When, lines: Lines) -> list[int]:
    """The cells that the conditions on lines allow: the last is what is in no line."""
    allowed = [amount if when.on_line(line[0], line[2]) else 0 for amount, line in zip(cells, lines[0], strict=False)]
    return [*allowed, cells[-1] if when.on_line("", "") else 0]


def _cells(base: Base, total: int, lines: Lines) -> list[int]:
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
    cells = [line[1] * in_lines * share if base.counts(line) else 0 for line in lines[0]]
    cells.append(rest * (prices or 1) * share)
    return cells
