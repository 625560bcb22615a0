"""Points that are worth more than the purchase for which they are given: surely a mistake."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from loyalty.domain.conditions import When
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.programme import Programme
from loyalty.programme.document.reach import Reach, reach_of
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
    """The most points for one unit that a rule gives to some order, with those of other rules and with multipliers.

    All of them can apply to one order, so that what is told is surely so; there may be an order that is given more.
    """
    found, named = Fraction(0), list[str]()
    whens = [*(one.when for one in earning.rules), *(one.when for one in earning.multipliers)]
    days = range(begin, begin + (4 * 366 if any(when.windows for when in whens) else 7))
    others = [other for other in _by_rate(earning) if other != place and _share_lines(rule, earning.rules[other])]
    plain = [other for other in others if earning.rules[other].when == When()]
    for tier, times in enumerate(earning.tiers):
        own = reach_of(rule.when, tier, days)
        if own is None:
            continue
        for beside in (plain, others) if earning.stacking == "add" else ([],):
            rate, reach = earning.plain[place], own
            for other in beside:
                if (both := reach.and_(reach_of(earning.rules[other].when, tier, days))) is not None:
                    rate, reach = rate + earning.plain[other], both
            multiplied, names = _most_times(earning, reach, tier, days)
            if rate * Fraction(times) * multiplied > found:
                found, named = rate * Fraction(times) * multiplied, names
    return found, named


def told_with(multipliers: Sequence[str]) -> str:
    """The end of a message about what is given with some multipliers."""
    if not multipliers:
        return ""
    return f", with the multiplier{'s' if len(multipliers) > 1 else ''} {', '.join(multipliers)}"


def _by_rate(earning: Earning) -> list[int]:
    """The rules that give for every so much, the one that gives most first."""
    rates = [place for place, rule in enumerate(earning.rules) if rule.per is not None]
    return sorted(rates, key=lambda place: -earning.plain[place])


def _share_lines(rule: Rule, other: Rule) -> bool:
    """Whether some line counts for both, as far as what they exclude goes."""
    one, two = ((each.base.without_categories, each.base.without_products) for each in (rule, other))
    return one == two or (not any(two) and not other.when.asks_lines)


def _most_times(earning: Earning, reach: Reach, tier: int, days: range) -> tuple[Fraction, list[str]]:
    """How much multipliers multiply some order that is among ``reach``, and which of them do."""
    most, names, earlier = Fraction(1), list[str](), list[Reach]()
    if earning.multiplier_stacking == "add":
        for multiplier in sorted(earning.multipliers, key=lambda each: -each.times):
            if (both := reach.and_(reach_of(multiplier.when, tier, days))) is not None:
                most, reach = most + Fraction(multiplier.times) - 1, both
                names.append(multiplier.name)
        return most, names
    for multiplier in earning.multipliers:
        own = reach_of(multiplier.when, tier, days)
        both = reach.and_(own)
        is_hidden = earning.multiplier_stacking == "first" and any(each.and_(both) == both for each in earlier)
        if both is not None and own is not None and not is_hidden:
            earlier.append(own)
            if multiplier.times > most:
                most, names = Fraction(multiplier.times), [multiplier.name]
    return most, names


def _told(worth: Fraction, with_it: Sequence[str]) -> str:
    share = worth * 100 // 1
    return f"points are worth more than the purchase: {share} % of its price by spend.value{told_with(with_it)}"
