"""What an order earns by rules: each rule gives points for what it counts of the order, rounded once.

An order is divided into cells: one for each of its lines, and one for what is in no line, such as the delivery. A rule
counts the cells that its conditions allow. Refunds lower all cells in proportion.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm
from operator import itemgetter, mul
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from loyalty.domain.conditions import Base, Moment, When
from loyalty.domain.counting import cells_of, on_lines, one_a_cell, parts_of
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


class _Compiled(NamedTuple):
    """A rule or multiplier as it is asked for each order: conditions that it does not have are None.

    ``base`` is the place of its base, ``once`` the points that it gives once.
    """

    place: int
    name: str
    of_order: When | None
    of_lines: When | None
    base: int
    min_spend: int
    once: int | None


class _Day(NamedTuple):
    """What may apply on a day, and whether any of it asks for the hour."""

    rules: tuple[_Compiled, ...]
    multipliers: tuple[_Compiled, ...]
    asks_hours: bool


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
    asks_birthday: bool = field(init=False)
    plain: tuple[Fraction, ...] = field(init=False, repr=False)
    _bases: tuple[Base, ...] = field(init=False, repr=False)
    _rates: tuple[tuple[int, ...], ...] = field(init=False, repr=False)
    _parts: int = field(init=False, repr=False)
    _extra: tuple[int, ...] = field(init=False, repr=False)
    _extra_parts: int = field(init=False, repr=False)
    _days: dict[int, _Day] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        whens = [*[rule.when for rule in self.rules], *[multiplier.when for multiplier in self.multipliers]]
        rates = [Fraction(0) if rule.per is None else Fraction(rule.points) / Fraction(rule.per) for rule in self.rules]
        by_tier = [[rate * Fraction(tier) / 10**9 for tier in self.tiers] for rate in rates]
        parts = lcm(*[rate.denominator for of_rule in by_tier for rate in of_rule])
        extra = [Fraction(multiplier.times) - 1 for multiplier in self.multipliers]
        extra_parts = lcm(*[times.denominator for times in extra])
        put = object.__setattr__
        put(self, "asks_first", any(when.first_order is not None for when in whens))
        put(self, "asks_birthday", any(when.birthday is not None for when in whens))
        put(self, "plain", tuple(rates))
        put(self, "_bases", tuple(dict.fromkeys([_WHOLE, *[rule.base for rule in self.rules]])))
        put(self, "_rates", tuple(tuple(int(rate * parts) for rate in of_rule) for of_rule in by_tier))
        put(self, "_parts", parts)
        put(self, "_extra", tuple(int(times * extra_parts) for times in extra))
        put(self, "_extra_parts", extra_parts)
        put(self, "_days", {})

    def asks_hours_on(self, day: int) -> bool:
        """Whether it matters at what time of a day an order is paid."""
        return self._on_day(day).asks_hours

    def points_by_rule(
        self, net: int, total: int, lines: Lines | None, tier: int, moment: Moment, *, first: bool
    ) -> dict[str, int]:
        """The points of each rule that gives any, for an order that is worth ``net`` of ``total`` billionths.

        ``tier``, ``moment`` and ``first`` (whether it was the customer's first) are those of the payment.
        """
        if net <= 0:
            return {}
        if lines is None:
            total, lines = net, NO_LINES
        day, parts = self._on_day(moment.day), parts_of(total, lines)
        asked = moment.minute, tier, lines.channel, lines.branch, moment.birthday
        cells: list[list[int] | None] = [None] * len(self._bases)
        amounts: dict[int, list[int]] = {}
        totals: dict[int, int] = {}
        once: list[tuple[str, int]] = []
        for rule in day.rules:
            if rule.of_order is not None and not rule.of_order.on_order(*asked, first=first):
                continue
            counted = cells[rule.base]
            if counted is None:
                counted = cells[rule.base] = cells_of(self._bases[rule.base], total, lines)
            if rule.of_lines is not None:
                counted = on_lines(counted, rule.of_lines, lines)
            amount = sum(counted)
            if not amount or (rule.min_spend and amount * net < rule.min_spend * parts * total):
                continue
            if rule.once is None:
                amounts[rule.place], totals[rule.place] = counted, amount
            else:
                once.append((rule.name, rule.once))
        given = self._given_once(once) if once else {}
        if not amounts:
            return given
        if self.stacking != "add" and len(amounts) > 1:
            amounts = one_a_cell(amounts, self.plain if self.stacking == "best" else None)
            totals = {place: sum(counted) for place, counted in amounts.items()}
        rounded, scale = _ROUNDED[self.rounding], parts * total * self._parts
        points: dict[str, int] = {}
        for place, amount in totals.items():
            if due := rounded(amount * self._rates[place][tier] * net, scale):
                points[self.rules[place].name] = due
        points |= given
        multipliers = [
            one for one in day.multipliers if one.of_order is None or one.of_order.on_order(*asked, first=first)
        ]
        if multipliers:
            rates = [self._rates[place][tier] for place in amounts]
            by_cell = [sum(map(mul, rates, cell)) for cell in zip(*amounts.values(), strict=True)]
            for place, counted in self._multiplied(multipliers, by_cell, net, total, lines).items():
                if due := rounded(sum(counted) * net * self._extra[place], scale * self._extra_parts):
                    points[self.multipliers[place].name] = due
        return points

    def _on_day(self, day: int) -> _Day:
        """The rules and multipliers that may apply on a day."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _DAYS_MAX:  # bounds the cache: orders may be of any day
                self._days.clear()
            rules, others = tuple(self._compiled(self.rules, day)), tuple(self._compiled(self.multipliers, day))
            asks = any(rule.of_order is not None and rule.of_order.hours for rule in (*rules, *others))
            found = self._days[day] = _Day(rules, others, asks)
        return found

    def _compiled(self, rules: Sequence[Rule | Multiplier], day: int) -> Iterator[_Compiled]:
        for place, rule in enumerate(rules):
            when, base, once = rule.when, 0, None
            if isinstance(rule, Rule):
                base, once = self._bases.index(rule.base), int(rule.points) if rule.per is None else None
            if when.on_day(day):
                of_order, of_lines = when if when.asks_order else None, when if when.asks_lines else None
                yield _Compiled(place, rule.name, of_order, of_lines, base, when.min_spend, once)

    def _given_once(self, once: list[tuple[str, int]]) -> dict[str, int]:
        """The points that rules give once for an order."""
        if self.stacking == "best":
            return dict([max(once, key=itemgetter(1))])
        return dict(once if self.stacking == "add" else once[:1])

    def _multiplied(
        self, multipliers: Sequence[_Compiled], worth: list[int], net: int, total: int, lines: Lines
    ) -> dict[int, list[int]]:
        """For each multiplier the cells that it multiplies, as they are ``worth`` to the rules."""
        multiplied: dict[int, list[int]] = {}
        for one in multipliers:
            if one.min_spend:
                money = cells_of(_WHOLE, total, lines)
                money = money if one.of_lines is None else on_lines(money, one.of_lines, lines)
                if sum(money) * net < one.min_spend * parts_of(total, lines) * total:
                    continue
            multiplied[one.place] = worth if one.of_lines is None else on_lines(worth, one.of_lines, lines)
        if self.multiplier_stacking == "add" or len(multiplied) < 2:
            return multiplied
        return one_a_cell(multiplied, self._extra if self.multiplier_stacking == "best" else None)
