"""The days of the year on which rules give points: birthdays, anniversaries of the first day, dates, holidays.

Each time that such a day came is kept like an act. It follows from the other facts, so it is computed whenever an
account is, and an account that nothing else happens to is due at the next one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count
from typing import NamedTuple

from loyalty.domain.act_rules import OCCASION, ActRule, Occasion
from loyalty.domain.acts import key_of_act
from loyalty.domain.dates import YearlyDate, date_in
from loyalty.domain.orders import Fact
from loyalty.domain.programme import BEGINNING, Programme
from loyalty.domain.windows import ymd
from loyalty.domain.yearly import MonthDay, in_year, month_day
from loyalty.domain.zones import ShopZones
from mandegar.quantities import DAY_US

# Why a day that came gives nothing.
CHANGED_TWICE = "changed_twice"
PAID_THIS_YEAR = "paid_within_a_year"
TOO_NEW = "member_too_new"
TOLD_LATE = "told_too_late"
# Two such days are at least 365 days apart; with summer time that is an hour less.
_A_YEAR = 364 * DAY_US


class Day(NamedTuple):
    """An occasion comes at an instant: the first of its day. ``reason`` is why it gives nothing, if it does not."""

    at: int
    rule: ActRule
    day: int
    reason: str = ""

    @property
    def order_id(self) -> str:
        """Under which it is kept."""
        return key_of_act(OCCASION, f"{self.rule.name}/{date.fromordinal(self.day).isoformat()}")


class Days(NamedTuple):
    """The occasions that came, in order of time, and of each rule the next one."""

    past: list[Day]
    next: list[Day]


NONE = Days([], [])


def have_occasions(programmes: Iterable[Programme]) -> bool:
    """Whether a rule is about days of the year."""
    return any(programme.acts is not None and programme.acts.occasions for programme in programmes)


def days_of(
    facts: Mapping[str, Sequence[Fact]],
    programmes: Sequence[Programme],
    zones: ShopZones,
    since: int,
    kept: Mapping[str, int],
    now: int,
) -> Days:
    """The occasions, up to ``now``, of a customer who is known ``since`` an instant, and those that come next under the
    last of ``programmes``, which have all begun. ``kept`` says since when acts are.
    """
    found: list[Day] = []
    dates: dict[str, YearlyDate] = {}
    for place, programme in enumerate(programmes):
        acts = programme.acts
        if acts is None or not acts.occasions:
            continue
        begin = max(programme.effective_from, since, BEGINNING if acts.since is None else acts.since)
        end = programmes[place + 1].effective_from if place + 1 < len(programmes) else None
        for rule in acts.occasions:
            if rule.occasion is not None:
                field = rule.occasion.field
                stated = dates.setdefault(field, date_in(field, facts, kept)) if field else YearlyDate()
                found += _of_rule(rule, rule.occasion, stated, zones, since, begin, end, now)
    return _judged(sorted(found, key=lambda day: (day.at, day.rule.name)), dates, since, now)


def _of_rule(
    rule: ActRule,
    occasion: Occasion,
    stated: YearlyDate,
    zones: ShopZones,
    since: int,
    begin: int,
    end: int | None,
    now: int,
) -> Iterator[Day]:
    """The days of one rule from ``begin`` until just before ``end``, and no more than one behind ``now``."""
    first_day = zones.day_of(since)
    if occasion.field:
        wanted = {month_day(code, occasion.calendar) for code in stated.codes}
    else:
        wanted = {MonthDay(*(occasion.on or ymd(first_day, occasion.calendar)[1:]))}
    coming: list[Day] = []
    for at in wanted:
        for year in count(ymd(zones.day_of(begin), occasion.calendar)[0]):
            number = in_year(at, year, occasion.calendar)
            instant = zones.start_of(number)
            if end is not None and instant >= end:
                break
            known = stated.before(instant) if occasion.field else None
            is_so = not occasion.field or (known is not None and month_day(known.code, occasion.calendar) == at)
            is_anniversary = bool(occasion.field or occasion.on) or number > first_day
            if instant >= begin and is_so and is_anniversary:
                if instant <= now:
                    yield Day(instant, rule, number)
                else:
                    coming.append(Day(instant, rule, number))
            if instant > now and instant >= begin:
                break
    if coming:
        yield min(coming, key=lambda day: day.at)


def _judged(found: Sequence[Day], dates: Mapping[str, YearlyDate], since: int, now: int) -> Days:
    """The days with the reasons for which some give nothing. They ascend."""
    paid: dict[str, int] = {}
    days = Days([], [])
    for day in found:
        occasion = day.rule.occasion
        if occasion is None:
            continue
        reason = _reason(day, occasion, dates.get(occasion.field), paid.get(occasion.field), since)
        if occasion.field and not reason:
            paid[occasion.field] = day.at
        (days.past if day.at <= now else days.next).append(day._replace(reason=reason))
    return days


def _reason(day: Day, occasion: Occasion, stated: YearlyDate | None, paid_at: int | None, since: int) -> str:
    """Why a day gives nothing; empty if it does."""
    if day.at < since + occasion.member_days * DAY_US:
        return TOO_NEW
    known = None if stated is None else stated.before(day.at)
    if known is None:
        return ""
    if known.is_doubtful:
        return CHANGED_TWICE
    if paid_at is not None and paid_at < day.at < paid_at + _A_YEAR:
        return PAID_THIS_YEAR
    return TOLD_LATE if day.at < known.since + occasion.known_days * DAY_US else ""
