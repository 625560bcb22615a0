"""Points that are worth more than the purchase for which they are given: surely a mistake."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from loyalty.domain.conditions import When
from loyalty.domain.earning import Earning
from loyalty.domain.programme import Programme
from loyalty.programme.document.reach import TIERS, Conditions, Reach, both, reaches_of, without
from mandegar.documents.nodes import Path

_EARN: Path = ("earn",)
# Of so many multipliers that others come before, the next ones are not looked at.
_TRIED = 8


def worth_too_much(programme: Programme, begin: int) -> Iterator[tuple[Path, str]]:
    """The rule, with the multiplier, that gives points which pay more than the purchase from the day ``begin`` on."""
    spending = programme.spending
    if spending is None:
        return
    value = Fraction(spending.value, 10**9)
    if programme.earning is None:
        most = max(tier.multiplier for tier in programme.tiers)
        worth = Fraction(programme.points) / Fraction(programme.per) * Fraction(most) * value
        if worth > 1:
            yield _EARN, _told(worth, [])
        return
    for place, points, with_it in worth_more(programme.earning, begin, 1 / value):
        yield (*_EARN, "rules", place), _told(points * value, with_it)
        return


class Worth(NamedTuple):
    """What a rule gives some order for one unit, with other rules, and the multipliers with which it does."""

    place: int
    points: Fraction
    multipliers: Sequence[str]


def worth_more(earning: Earning, begin: int, limit: Fraction) -> Iterator[Worth]:
    """The rules that give some order more than ``limit`` points for one unit, with other rules and with multipliers.

    All of them can apply to one order, so that what is told is surely so; there may be an order that is given more.
    """
    rates = _by_rate(earning)
    tiers = max(map(Fraction, earning.tiers))
    if _at_most(earning, rates) * tiers <= limit:  # the usual case: nothing has to be searched
        return
    asked = [Conditions(rule.when, rule.base) for rule in earning.rules]
    asked += [Conditions(multiplier.when) for multiplier in earning.multipliers]
    search = _Search(earning, rates, asked, reaches_of(asked, len(earning.tiers), begin))
    for place in sorted(rates):
        found = search.most_of(place)
        if found.points > limit:
            yield found


def told_with(multipliers: Sequence[str]) -> str:
    """The end of a message about what is given with some multipliers."""
    if not multipliers:
        return ""
    return f", with the multiplier{'s' if len(multipliers) > 1 else ''} {', '.join(multipliers)}"


def _by_rate(earning: Earning) -> list[int]:
    """The rules that give for every so much, the one that gives most first."""
    rates = [place for place, rule in enumerate(earning.rules) if rule.per is not None]
    return sorted(rates, key=lambda place: -earning.plain[place])


def _at_most(earning: Earning, rates: Sequence[int]) -> Fraction:
    """What an order would be given for one unit if everything applied that can apply beside other things."""
    points = [earning.plain[place] for place in rates]
    extra = [Fraction(multiplier.times) - 1 for multiplier in earning.multipliers]
    rate = sum(points, Fraction(0)) if earning.stacking == "add" else max(points, default=Fraction(0))
    return rate * (
        1 + (sum(extra, Fraction(0)) if earning.multiplier_stacking == "add" else max(extra, default=Fraction(0)))
    )


class _Search:
    """Looks for the order that is given most. It takes the largest first, so it may miss one."""

    def __init__(
        self, earning: Earning, rates: Sequence[int], asked: Sequence[Conditions], reaches: Sequence[Reach]
    ) -> None:
        self._earning = earning
        self._rates = rates
        self._rules = reaches[: len(earning.rules)]
        count = len(earning.rules)
        self._told = [each.is_told for each in asked]
        self._multipliers = [(place, one, reaches[count + place]) for place, one in enumerate(earning.multipliers)]
        self._largest = sorted(self._multipliers, key=lambda each: -each[1].times)
        self._tiers = [Fraction(times) for times in earning.tiers]

    def most_of(self, place: int) -> Worth:
        """The most that a rule gives to some order, beside others."""
        own, found = self._rules[place], Worth(place, Fraction(0), ())
        before = self._before(place)
        starts = [own, self._in_best_tier(own)]
        for start in starts if starts[0] != starts[1] else starts[:1]:
            reach = without(start, before)
            if reach is None:
                continue
            for beside in self._beside(place):
                rate, common = self._earning.plain[place], reach
                for other in beside:
                    if (more := both(common, self._rules[other])) is not None:
                        rate, common = rate + self._earning.plain[other], more
                times, names, common = self._multiplied(common, before)
                points = rate * times * self._best_tier(common)[1]
                if points > found.points:
                    found = Worth(place, points, names)
        return found

    def _before(self, place: int) -> list[Reach]:
        """The orders for whose lines an earlier rule always gives instead of this one."""
        if self._earning.stacking != "first":
            return []
        return [self._rules[one] for one in self._rates if one < place and self._told[one]]

    def _beside(self, place: int) -> Sequence[Sequence[int]]:
        """Rules that add to another one: those that ask nothing, and all."""
        if self._earning.stacking != "add":
            return ((),)
        others = [other for other in self._rates if other != place]
        plain = [other for other in others if self._earning.rules[other].when == When()]
        return (others, plain) if len(plain) < len(others) else (others,)

    def _best_tier(self, reach: Reach) -> tuple[int, Fraction]:
        tiers = [(times, tier) for tier, times in enumerate(self._tiers) if reach[TIERS] >> tier & 1]
        times, tier = max(tiers, default=(Fraction(0), 0))
        return tier, times

    def _in_best_tier(self, reach: Reach) -> Reach:
        tier, _ = self._best_tier(reach)
        return (*reach[:TIERS], reach[TIERS] & 1 << tier, *reach[TIERS + 1 :])

    def _multiplied(self, reach: Reach, before: Sequence[Reach]) -> tuple[Fraction, list[str], Reach]:
        """How much multipliers multiply some order that is among ``reach``, which of them do, and for which orders."""
        stacking = self._earning.multiplier_stacking
        most, names, tried = Fraction(1), list[str](), 0
        for place, multiplier, own in self._largest:
            if (some := both(reach, own)) is None:
                continue
            if stacking == "add":
                if (left := without(some, before)) is not None:
                    most, reach = most + Fraction(multiplier.times) - 1, left
                    names.append(multiplier.name)
                continue
            earlier = self._multipliers[:place] if stacking == "first" else ()
            hiding = [each for one, _, each in earlier if self._told[len(self._rules) + one]]
            if (left := without(some, [*before, *hiding])) is not None:
                return Fraction(multiplier.times), [multiplier.name], left
            tried += 1
            if tried == _TRIED:
                break
        return most, names, reach


def _told(worth: Fraction, with_it: Sequence[str]) -> str:
    share = worth * 100 // 1
    return f"points are worth more than the purchase: {share} % of its price by spend.value{told_with(with_it)}"
