"""Whether conditions meet in one order is told on sets of bits, in a bounded number of steps."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from random import Random

import pytest

from loyalty.domain.conditions import When
from loyalty.domain.windows import GREGORIAN, JALALI, Hours, Once, Yearly
from loyalty.programme.document import check_programme, worth
from loyalty.programme.document.reach import Conditions, both, reaches_of, without
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument

BEGIN = date(2026, 11, 1).toordinal()
SPENDING = """\
version: 2
currency: IRR
tiers: {window_days: 9, levels: [{name: a, spend: 0}, {name: b, spend: 5}]}
spend: {value: 99999}
"""
WINDOWS = [
    Yearly(JALALI, (12, 30), (12, 30)),
    Yearly(JALALI, (12, 29), (1, 13)),
    Yearly(GREGORIAN, (2, 29), (2, 29)),
    Yearly(GREGORIAN, (12, 20), (1, 5)),
    Yearly(GREGORIAN, (1, 1), (12, 31)),
    Once(BEGIN - 9, BEGIN - 1),
    Once(BEGIN - 9, BEGIN + 3),
    Once(BEGIN + 100, BEGIN + 9000),
]


@pytest.mark.parametrize("stacking", ["add", "first"])
@pytest.mark.parametrize("of_multipliers", ["add", "first"])
def test_the_largest_programme_is_compared_in_so_many_steps(stacking: str, of_multipliers: str, monkeypatch):
    """Every rule and multiplier has hours of its own, and may come beside every other one."""
    compared: Counter[str] = Counter()
    for compare in (both, without):
        monkeypatch.setattr(worth, compare.__name__, counted(compare, compared))
    hours = [f'hours: [{{from: "{each // 60:02}:{each % 60:02}", until: "20:{each % 60:02}"}}]' for each in range(100)]
    rules = ", ".join(
        f"{{name: r{each}, points: 1, per: 100000, when: {{channels: [all, c{each}], tiers: [a, b], {when}}}}}"
        for each, when in enumerate(hours)
    )
    times = ", ".join(f"{{name: m{each}, times: 1.{each + 1:04}, when: {{{when}}}}}" for each, when in enumerate(hours))
    earn = f"  rules: [{rules}]\n  multipliers: [{times}]\n"
    text = f"{SPENDING}earn:\n  stacking: {stacking}\n  multiplier_stacking: {of_multipliers}\n{earn}"
    with suppress(InvalidDocument):
        check_programme(text, currency="IRR", zone=shop_days("Asia/Tehran"), begin=BEGIN, published=lambda word: word)
    assert compared.total() <= 100 * 2 * 2 * (100 + 100)


def counted(compare: Callable[..., object], compared: Counter[str]) -> Callable[..., object]:
    def compares(*compares: object) -> object:
        compared[compare.__name__] += 1
        return compare(*compares)

    return compares


def test_days_and_minutes_of_a_reach_are_those_on_which_conditions_hold():
    """Also over the new year, over midnight, and on the last day of a Jalali leap year."""
    random = Random(7)
    whens = [
        When(
            weekdays=random.choice([None, frozenset(random.sample(range(7), 3))]),
            windows=tuple(random.sample(WINDOWS, random.randint(0, 2))),
            hours=random.choice([(), (Hours(60, 90),), (Hours(1380, 5), Hours(600, 601))]),
        )
        for _ in range(40)
    ] + [When(windows=(window,)) for window in WINDOWS]
    for when, reach in zip(whens, reaches_of([Conditions(when) for when in whens], 1, BEGIN), strict=True):
        minutes, days = reach[-2:]
        assert [day for day in range(4 * 366) if days >> day & 1] == [
            day for day in range(4 * 366) if when.on_day(BEGIN + day)
        ]
        assert [minute for minute in range(1440) if minutes >> minute & 1] == [
            minute for minute in range(1440) if not when.hours or any(hours.hold(minute) for hours in when.hours)
        ]
