"""A second opinion on the contracts of customers: day by day, as docs/kpis.md words them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from churn.domain.contract_figures import contract_months_of
from churn.domain.contracts import LATE_US, Fact
from churn.domain.counting import Counts
from mandegar.calendar import ShopDays
from mandegar.months import month_number, numbered_month

State = tuple[int, int]


def contract_differences(
    people: Sequence[Sequence[Fact]], found: Counts, days: ShopDays, calendar: Any, months: range
) -> Iterator[str]:
    """Figures of some months that are not those of the facts. ``months`` begin before the first contract."""
    ends = [numbered_month(month, calendar).end.toordinal() - 1 for month in (months[0] - 1, *months)]
    walks = [[state_on(facts, day, days) for day in ends] for facts in people]
    for place, (month, told) in enumerate(zip(months, contract_months_of(found, months[0], months[-1]), strict=True)):
        expected = _figures(walks, place + 1)
        mine = {
            "running": tuple(told.at_end),
            "new": (told.new.customers, told.new.revenue),
            "expansion": told.expansion.revenue,
            "contraction": told.contraction.revenue,
            "churned": (told.churned.customers, told.churned.revenue),
            "reactivated": (told.reactivated.customers, told.reactivated.revenue),
        }
        if wrong := [name for name, value in expected.items() if mine[name] != value]:
            yield f"{', '.join(wrong)} of the contracts of month {month} are not those of the topic"


def _figures(walks: Sequence[Sequence[State]], place: int) -> Mapping[str, Any]:
    moves = [(walk[place - 1], walk[place], any(count for count, _ in walk[:place])) for walk in walks]

    def moved(kind: str) -> list[int]:
        return [after[1] - before[1] for before, after, ever in moves if _kind(before, after, ever=ever) == kind]

    def both(kind: str) -> tuple[int, int]:
        return len(moved(kind)), sum(moved(kind))

    now = [after for _, after, _ in moves]
    return {
        "running": (sum(count > 0 for count, _ in now), sum(c for c, _ in now), sum(amount for _, amount in now)),
        "new": both("new"),
        "expansion": sum(moved("expansion")),
        "contraction": sum(moved("contraction")),
        "churned": both("churned"),
        "reactivated": both("reactivated"),
    }


def _kind(before: State, after: State, *, ever: bool) -> str:
    if not after[0]:
        return "churned" if before[0] else ""
    if not before[0]:
        return "reactivated" if ever else "new"
    return "" if after[1] == before[1] else "expansion" if after[1] > before[1] else "contraction"


def state_on(facts: Sequence[Fact], day: int, days: ShopDays) -> State:
    """How many contracts run on a day, and what they cost a month."""
    names = {fact.name for fact in facts}
    running = [amount for name in names if (amount := _price([f for f in facts if f.name == name], day, days)) >= 0]
    return len(running), sum(running)


def _price(facts: Sequence[Fact], day: int, days: ShopDays) -> int:
    """What one contract costs a month on a day; -1 if it does not run."""
    paid = [fact for fact in facts if fact.kind == "paid" and not _is_void(fact, facts)]
    started = [fact for fact in paid if days.day_of(fact.starts_us) <= day]
    if not started:
        return -1
    last = max(started, key=lambda fact: (fact.starts_us, *_told(fact)))
    ends_us = _end(last, facts)
    if any(last.starts_us < fact.starts_us <= ends_us + LATE_US for fact in paid):
        return int(last.monthly)
    return int(last.monthly) if day < days.day_of(ends_us) else -1


def _is_void(fact: Fact, facts: Sequence[Fact]) -> bool:
    """Whether it was corrected by another one of the same start, or ended when it started."""
    corrected = any(
        other.kind == "paid" and other.starts_us == fact.starts_us and _later(other, fact) for other in facts
    )
    return corrected or _end(fact, facts) <= fact.starts_us


def _end(fact: Fact, facts: Sequence[Fact]) -> int:
    ends = [fact.ends_us]
    for kind in ("cancelled", "expired"):
        about = [end for end in facts if end.kind == kind and _concerns(end, fact)]
        ends += [end.ends_us for end in about if not any(_later(other, end) for other in about)]
    return min(ends)


def _concerns(end: Fact, start: Fact) -> bool:
    if end.ends_us > start.starts_us:
        return end.at_us >= start.at_us
    return end.at_us > start.at_us and end.ends_us >= start.at_us


def _later(one: Fact, other: Fact) -> bool:
    return _told(one) > _told(other)


def _told(fact: Fact) -> tuple[int, int, int, str]:
    """Of two that were told at one instant the longer contract counts, then the cheaper one; the earlier end."""
    if fact.kind == "paid":
        return fact.at_us, fact.ends_us, -int(fact.monthly), fact.event_id
    return fact.at_us, -fact.ends_us, 0, fact.event_id


def month_of(day: int, calendar: Any) -> int:
    """The number of the month of a day."""
    return month_number(date.fromordinal(day), calendar)
