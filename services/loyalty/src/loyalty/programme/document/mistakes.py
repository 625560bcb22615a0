"""What is legal in a programme of version 2 and surely a mistake: a new document with it is refused."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from loyalty.domain.conditions import Base, When, never
from loyalty.domain.earning import Earning, Stacking
from loyalty.domain.windows import Once
from loyalty.programme.document.earn_2 import Earn2
from mandegar.documents.nodes import Path

_ALWAYS = When()


def mistakes_of(earn: Earn2, earning: Earning, tiers: Sequence[str], begin: int) -> Iterator[tuple[Path, str]]:
    """The mistakes of rules, with their paths; ``begin`` is the day from which on the programme is in force."""
    whens = {
        **{("earn", "rules", place): rule.when for place, rule in enumerate(earn.rules or ())},
        **{("earn", "multipliers", place): rule.when for place, rule in enumerate(earn.multipliers or ())},
    }
    for path, section in whens.items():
        for place, name in enumerate(section.tiers or ()):
            if name not in tiers:
                yield (*path, "when", "tiers", place), f"there is no level with this name: {', '.join(tiers)}"
    bases = {("earn", "rules", place): rule.base for place, rule in enumerate(earning.rules)}
    compiled = [*[rule.when for rule in earning.rules], *[rule.when for rule in earning.multipliers]]
    for (path, _), when in zip(whens.items(), compiled, strict=True):
        why = _why_never(when, bases.get(path, Base()), begin)
        if why is not None:
            yield (*path, "when"), f"the rule never applies: {why}"
    yield from _hidden(earning)


def _why_never(when: When, base: Base, begin: int) -> str | None:
    if when.windows and all(isinstance(window, Once) for window in when.windows):
        spans = [window for window in when.windows if isinstance(window, Once) and window.last >= begin]
        if not spans:
            return "its dates are over before the programme begins"
        begins = [(max(span.first, begin), span.last) for span in spans]
        return never(when, base, [day for first, last in begins for day in range(first, min(last, first + 6) + 1)])
    return never(when, base, range(begin, begin + 4 * 366) if when.windows else range(begin, begin + 7))


def _hidden(earning: Earning) -> Iterator[tuple[Path, str]]:
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
    path: Path, rules: Mapping[int, tuple[str, When, Base, Fraction]], stacking: Stacking
) -> Iterator[tuple[Path, str]]:
    for place, (_, _, base, rate) in rules.items():
        for other, (name, when, others, higher) in rules.items():
            covers = when == _ALWAYS and others == base and other != place
            if not covers or stacking == "add":
                continue
            if (stacking == "first" and other < place) or (stacking == "best" and (higher, place) > (rate, other)):
                yield (*path, place), f"the rule never gives points: {name} always comes before it ({stacking})"
                break
