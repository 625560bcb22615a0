"""Points that are worth more than the purchase for which they are given: surely a mistake."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from loyalty.domain.conditions import When
from loyalty.domain.earning import Earning, Multiplier, Rule
from loyalty.domain.programme import Programme
from mandegar.documents.nodes import Path

_EARN: Path = ("earn",)


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
    for place, rule in enumerate(programme.earning.rules):
        if rule.per is not None:
            worth, with_it = most_of(programme.earning, place, rule, begin)
            if worth * value > 1:
                yield (*_EARN, "rules", place), _told(worth * value, with_it)
                return


def most_of(earning: Earning, place: int, rule: Rule, begin: int) -> tuple[Fraction, list[str]]:
    """The most points for one unit that a rule gives, with those that always add to it and one multiplier."""
    rate = earning.plain[place]
    if earning.stacking == "add":
        plain = When()
        others = [each for each, other in enumerate(earning.rules) if other.when == plain and each != place]
        rate += sum((earning.plain[each] for each in others), Fraction(0))
    tiers = [Fraction(times) for tier, times in enumerate(earning.tiers) if _holds_tier(rule.when, tier)]
    times, name = Fraction(1), []
    for multiplier in earning.multipliers:
        if _together(rule, multiplier, begin) and multiplier.times > times:
            times, name = Fraction(multiplier.times), [multiplier.name]
    return rate * max(tiers, default=Fraction(0)) * times, name


def _holds_tier(when: When, tier: int) -> bool:
    return when.tiers is None or tier in when.tiers


def _together(rule: Rule, multiplier: Multiplier, begin: int) -> bool:
    """Whether both can hold for one order."""
    one, other = rule.when, multiplier.when
    asked: Sequence[tuple[frozenset[int] | frozenset[str] | None, frozenset[int] | frozenset[str] | None]] = (
        (one.tiers, other.tiers),
        (one.channels, other.channels),
        (one.branches, other.branches),
        (one.weekdays, other.weekdays),
        (one.categories, other.categories),
        (one.products, other.products),
    )
    if any(mine is not None and yours is not None and not mine & yours for mine, yours in asked):
        return False
    if one.first_order is not None and other.first_order is not None and one.first_order != other.first_order:
        return False
    days = range(begin, begin + (4 * 366 if one.windows or other.windows else 7))
    return any(one.on_day(day) and other.on_day(day) for day in days)


def _told(worth: Fraction, with_it: Sequence[str]) -> str:
    times = "".join(f", with the multiplier {name}" for name in with_it)
    return f"points are worth more than the purchase: {worth * 100 // 1} % of its price by spend.value{times}"
