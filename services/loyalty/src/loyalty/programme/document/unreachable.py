"""Levels that nobody can reach, because of what points are given for and how many: surely a mistake."""

from collections.abc import Iterator, Sequence
from math import inf
from types import MappingProxyType

from loyalty.domain.act_rules import COMPLETED, LOGGED_IN, ONLY_ONCE, ORDERS, ActRule, Acts
from loyalty.domain.programme import Programme
from loyalty.domain.qualifying import POINTS
from mandegar.documents.nodes import Path

# The fewest days of each period: so many of them begin within a span at most.
_DAYS = MappingProxyType(
    {"day": 1, "week": 7, "month": 28, "year": 365, "jalali_week": 7, "jalali_month": 29, "jalali_year": 365}
)
_MONTH_DAYS = 31
# No rule about acts is called so.
_PROMISED = " promised"
_NO_ACTS = Acts()


def unreachable_levels(programme: Programme) -> Iterator[tuple[Path, str]]:
    """The levels by points that nobody reaches, with their paths."""
    if programme.measure != POINTS or programme.qualifying is None:
        return
    most, reached = most_points(programme), 0
    for place, line in enumerate(programme.lines[1:], start=1):
        path: Path = ("tiers", "levels", place, POINTS)
        if not any(_earns(programme, tier) for tier in range(reached + 1)):
            yield path, f"nobody can reach this level: points are earned by {_who_earns(programme)}"
            return
        if most < line:
            yield path, f"nobody can reach this level: at most {most} points can be earned within its window"
            return
        reached = place


def most_points(programme: Programme) -> float:
    """The most points that a customer can earn within the window of the tiers; without end if no rule limits them."""
    terms = None if programme.qualifying is None else programme.qualifying.terms
    grace = 0 if programme.qualifying is None else programme.qualifying.grace_days
    days = programme.window_days if terms is None else terms.months * _MONTH_DAYS + grace
    acts = programme.acts or _NO_ACTS
    by_rule = {rule.name: _most_by(rule, days) for rule in acts.rules}
    by_rule[ORDERS] = inf if any(_orders_earn(programme, tier) for tier in range(len(programme.tiers))) else 0
    most = sum(by_rule.values())
    if _promises(programme):
        by_rule[_PROMISED] = inf  # no cap is about it
    for cap in acts.caps:
        others = sum([points for name, points in by_rule.items() if name == _PROMISED or not cap.covers(name)])
        most = min(most, cap.points * _periods(days, cap.per) + others)
    return most


def _most_by(rule: ActRule, days: int) -> float:
    """The most points that a rule about an act pays a customer within so many days."""
    if rule.on == COMPLETED:
        return rule.points * len(rule.fields)
    if rule.once or rule.on in ONLY_ONCE:
        return rule.points
    times = [limit.times * _periods(days, limit.per) for limit in rule.limits]
    if rule.cooldown_days:
        times.append(days // rule.cooldown_days + 1)
    if rule.on == LOGGED_IN:
        times.append(_periods(days, "day"))
    return rule.points * min(times, default=inf)


def _periods(days: int, per: str) -> int:
    return days // _DAYS[per] + 2


def _who_earns(programme: Programme) -> str:
    names = [tier.name for place, tier in enumerate(programme.tiers) if _earns(programme, place)]
    return f"those alone who have it or a higher one: {', '.join(names)}" if names else "nobody"


def _earns(programme: Programme, tier: int) -> bool:
    """Whether a customer in a tier can earn points."""
    name = programme.tiers[tier].name
    rules: Sequence[ActRule] = (programme.acts or _NO_ACTS).rules
    if _promises(programme):
        return True
    return _orders_earn(programme, tier) or any(not rule.tiers or name in rule.tiers for rule in rules)


def _promises(programme: Programme) -> bool:
    """Whether referrals or challenges give points."""
    return programme.referral is not None or programme.challenges is not None


def _orders_earn(programme: Programme, tier: int) -> bool:
    earning, multiplies = programme.earning, programme.tiers[tier].multiplier > 0
    if earning is None:
        return multiplies and programme.points > 0
    return any(
        (rule.when.tiers is None or tier in rule.when.tiers) and rule.points > 0 and (rule.per is None or multiplies)
        for rule in earning.rules
    )
