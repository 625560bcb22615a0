"""What is legal in a programme of version 2 and surely a mistake: a new document with it is refused."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from loyalty.domain.calendars import number_of
from loyalty.domain.challenge_rules import IN_A_ROW, OF_CATEGORIES, OF_WORDS, Challenge, Challenges
from loyalty.domain.conditions import Base, When, never
from loyalty.domain.earning import Earning, Multiplier, Rule, Stacking
from loyalty.domain.programme import Programme
from loyalty.domain.windows import Once, Window, Yearly, occurrences
from loyalty.programme.document.earn_2 import Earn2, MultiplierSection, RuleSection
from loyalty.programme.document.overshadowed import overshadowed
from loyalty.programme.document.unreachable import unreachable_levels
from loyalty.programme.document.worth import worth_too_much
from mandegar.documents.nodes import Path

_ALWAYS = When()
# A leap year is among them, in either calendar.
_YEARS = 5


def mistakes_of(
    earn: Earn2, of_credit: Sequence[MultiplierSection], earnings: Sequence[Earning], tiers: Sequence[str], begin: int
) -> Iterator[tuple[Path, str]]:
    """The mistakes of rules and of the multipliers ``of_credit``, with their paths; ``begin`` is the day from which on
    the programme is in force.
    """
    whens = {
        **{("earn", "rules", place): rule.when for place, rule in enumerate(earn.rules or ())},
        **{("earn", "multipliers", place): rule.when for place, rule in enumerate(earn.multipliers or ())},
        **{("credit", "multipliers", place): rule.when for place, rule in enumerate(of_credit)},
    }
    for path, section in whens.items():
        for place, name in enumerate(section.tiers or ()):
            if name not in tiers:
                yield (*path, "when", "tiers", place), f"there is no level with this name: {', '.join(tiers)}"
    named: list[RuleSection | MultiplierSection] = [*(earn.rules or ()), *(earn.multipliers or ()), *of_credit]
    paths = {each.name: path for each, path in zip(named, whens, strict=True)}
    for earning in earnings:
        rules: tuple[Rule | Multiplier, ...] = (*earning.rules, *earning.multipliers)
        for rule in rules:
            why = _why_never(rule.when, rule.base if isinstance(rule, Rule) else Base(), begin)
            if why is not None:
                yield (*paths[rule.name], "when"), f"the rule never applies: {why}"
        for (_, kind, place), message in _hidden(earning):
            hidden: Sequence[Rule | Multiplier] = earning.rules if kind == "rules" else earning.multipliers
            yield paths[hidden[place].name], message


def mistakes_in(programme: Programme, acts: int, begin: int) -> Iterator[tuple[Path, str]]:
    """The mistakes of a programme as a whole, whose first so many rules about acts are those of its document."""
    yield from unreachable_levels(programme)
    yield from worth_too_much(programme, begin)
    if programme.acts is not None:
        yield from overshadowed(programme.acts.rules[:acts], programme.acts.caps)


def _why_never(when: When, base: Base, begin: int) -> str | None:
    if when.windows and all(isinstance(window, Once) and window.last < begin for window in when.windows):
        return "its dates are over before the programme begins"
    return never(when, base, _some_days(when, begin))


def _some_days(when: When, first: int, last: int = date.max.toordinal()) -> Iterator[int]:
    """A week of each span of days in the windows that lies between: one of them suits if any day does.

    A span that comes each year is looked at in some years.
    """
    for begin, end in _spans(when.windows, first):
        yield from range(max(begin, first), min(end, last, max(begin, first) + 6) + 1)


def _spans(windows: Sequence[Window], first: int) -> Iterator[tuple[int, int]]:
    if not windows:
        yield first, first + 6
    for window in windows:
        if isinstance(window, Yearly):
            yield from occurrences(window, first, _YEARS)
        else:
            yield window


def _hidden(earning: Earning) -> Iterator[tuple[tuple[str, str, int], str]]:
    """Rules that another one always comes before."""
    of_rate, once = {}, {}
    for place, rule in enumerate(earning.rules):
        if rule.per is None:
            once[place] = rule.name, rule.when, rule.base, Fraction(rule.points)
        else:
            of_rate[place] = rule.name, rule.when, rule.base, earning.plain[place]
    times = {
        place: (rule.name, rule.when, Base(), Fraction(rule.times)) for place, rule in enumerate(earning.multipliers)
    }
    yield from _behind(("earn", "rules"), of_rate, earning.stacking)
    yield from _behind(("earn", "rules"), once, earning.stacking)
    yield from _behind(("earn", "multipliers"), times, earning.multiplier_stacking)


def _behind(
    path: tuple[str, str], rules: Mapping[int, tuple[str, When, Base, Fraction]], stacking: Stacking
) -> Iterator[tuple[tuple[str, str, int], str]]:
    for place, (_, _, base, rate) in rules.items():
        for other, (name, when, others, higher) in rules.items():
            covers = when == _ALWAYS and others == base and other != place
            if not covers or stacking == "add":
                continue
            if (stacking == "first" and other < place) or (stacking == "best" and (higher, place) > (rate, other)):
                yield (*path, place), f"the rule never gives points: {name} always comes before it ({stacking})"
                break


def unreachable(challenges: Challenges, begin: int) -> Iterator[tuple[Path, str]]:
    """Challenges that nobody can complete, and badges that nobody can win; ``begin`` is the first day of it."""
    for place, challenge in enumerate(challenges.rules):
        if (why := _why_never(challenge.when, challenge.base, begin)) is not None:
            yield ("challenges", place, "when"), f"nothing ever counts: {why}"
        if (why := _why_not_within(challenge, begin)) is not None:
            yield ("challenges", place, "within"), f"nobody can complete it: {why}"
        if (why := _why_no_words(challenge)) is not None:
            yield ("challenges", place, "goal"), f"nobody can complete it: {why}"
    given = {challenge.badge for challenge in challenges.rules}
    for place, badge in enumerate(challenges.badges):
        if badge.name not in given:
            yield ("badges", place), "no challenge gives this badge"


def _why_not_within(challenge: Challenge, begin: int) -> str | None:
    days = challenge.within.days_at(begin)
    if days is None or challenge.within.window is None:
        return None
    first, last = days
    if last < begin:
        return "its dates are over before the programme begins"
    if not any(challenge.when.on_day(day) for day in _some_days(challenge.when, max(first, begin), last)):
        return "nothing counts on any of its days"
    goal = challenge.goal
    if goal.kind == IN_A_ROW and number_of(last, goal.per) - number_of(first, goal.per) + 1 < goal.target:
        return f"its dates have fewer than {goal.target} periods"
    return None


def _why_no_words(challenge: Challenge) -> str | None:
    goal, when, base = challenge.goal, challenge.when, challenge.base
    if goal.kind not in OF_WORDS:
        return None
    of_categories = goal.kind in OF_CATEGORIES
    allowed = when.categories if of_categories else when.products
    excluded = base.without_categories if of_categories else base.without_products
    if goal.words & excluded or (allowed is not None and goal.words - allowed):
        return "not all of its set can count"
    if not goal.words and allowed is not None and len(allowed - excluded) < goal.target:
        return f"fewer than {goal.target} can count"
    return None
