"""What is legal in a programme with rules and surely a mistake, or impossible, is told with its line."""

from datetime import date

import pytest

from loyalty.domain.programme import Programme
from loyalty.programme.document import check_programme, parse_programme
from mandegar.calendar import shop_days
from mandegar.documents.nodes import InvalidDocument

BEGIN = date(2026, 11, 1).toordinal()
HEAD = "version: 2\ncurrency: IRR\ntiers: {window_days: 9, levels: [{name: a, spend: 0}, {name: b, spend: 5}]}\n"
RULES = HEAD + "earn:\n  rules:\n    - {name: one, points: 1, per: 1}\n"


def check(text: str) -> Programme:
    zone = shop_days("Asia/Tehran")
    return check_programme(text, currency="IRR", zone=zone, begin=BEGIN, published=lambda word: word)


def errors(text: str) -> list[tuple[int, str]]:
    with pytest.raises(InvalidDocument) as caught:
        check(text)
    return [tuple(error) for error in caught.value.errors]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("{name: two, points: 0, per: 1}", "points: the rule gives nothing"),
        ("{name: two, points: 1.5}", "points: points that are given once must be a whole number; per is for a rate"),
        ("{name: one, points: 1, per: 2}", "name: another rule has the same name"),
        ("{name: دو, points: 1, per: 2}", "name: must have 1 to 40 letters of ASCII"),
        ("{name: n-123456789, points: 1, per: 2}", "name: must have 1 to 40 letters of ASCII"),
        ("{name: two, points: 1, per: 0}", "per: must be a number from 0.000001"),
        ("{name: two, points: 1, per: 1, when: {tiers: [c]}}", "when.tiers.0: there is no level with this name: a, b"),
        ("{name: two, points: 1, per: 1, when: {tiers: []}}", "when.tiers: must be a list of 1 to 20 items"),
        ("{name: two, points: 1, per: 1, when: {weekdays: [fri]}}", "when.weekdays.0: must be monday"),
        ("{name: two, points: 1, per: 1, when: {min_spend: -1}}", "when.min_spend: must be a number from 0"),
        ("{name: two, points: 1, per: 1, when: {age: 3}}", "when.age: unknown key; allowed keys: tiers, first_order"),
        (
            "{name: two, points: 1, per: 1, when: {dates: {from: 2026-02-30, until: 2026-03-01}}}",
            "when.dates.from: there is no such day in the gregorian calendar",
        ),
        (
            "{name: two, points: 1, per: 1, when: {dates: {calendar: jalali, from: 07-31, until: 08-01}}}",
            "when.dates.from: there is no such day in the jalali calendar",
        ),
        (
            "{name: two, points: 1, per: 1, when: {dates: {from: 2026-12-02, until: 2026-12-01}}}",
            "when.dates.until: must not be before from",
        ),
        (
            "{name: two, points: 1, per: 1, when: {dates: {from: 2026-12-02, until: 12-05}}}",
            "when.dates.until: from and until must both have a year, or neither",
        ),
        (
            "{name: two, points: 1, per: 1, when: {dates: {from: soon, until: 12-05}}}",
            "when.dates.from: must be a date such as 2026-12-21",
        ),
        (
            '{name: two, points: 1, per: 1, when: {hours: {from: "10:00", until: "10:00"}}}',
            "when.hours.until: is the same as from, so no time is between them",
        ),
        (
            '{name: two, points: 1, per: 1, when: {hours: {from: "25:00", until: "10:00"}}}',
            "when.hours.from: must be a time such as 18:30",
        ),
        (
            "{name: two, points: 1, per: 1, when: {dates: {from: 2026-10-01, until: 2026-10-31}}}",
            "when: the rule never applies: its dates are over before the programme begins",
        ),
        (
            "{name: two, points: 1, per: 1, when: {weekdays: [friday], dates: {from: 2026-11-28, until: 2026-12-03}}}",
            "when: the rule never applies: no day is in its windows and on its weekdays",
        ),
        (
            "{name: two, points: 1, per: 1, when: {products: [p]}, count: {exclude: {products: [p, q]}}}",
            "when: the rule never applies: all of its products are excluded",
        ),
    ],
)
def test_a_rule_that_is_wrong_or_gives_nothing_is_told_with_its_line(rule: str, message: str) -> None:
    found = errors(RULES + f"    - {rule}\n")

    assert [line for line, _ in found] == [7] * len(found)
    assert any(message in text for _, text in found), found


@pytest.mark.parametrize(
    ("stacking", "second", "is_behind"),
    [
        ("first", "{name: two, points: 9, per: 1, when: {channels: [app]}}", True),
        ("best", "{name: two, points: 1, per: 1, when: {channels: [app]}}", True),
        ("best", "{name: two, points: 2, per: 1, when: {channels: [app]}}", False),
        ("add", "{name: two, points: 1, per: 1, when: {channels: [app]}}", False),
        ("first", "{name: two, points: 9, per: 1, count: {base: before_discount}}", False),
        ("first", "{name: two, points: 9}", False),
    ],
)
def test_a_rule_that_another_always_comes_before_is_told(stacking: str, second: str, is_behind: bool) -> None:
    text = RULES + f"    - {second}\n  stacking: {stacking}\n"

    if is_behind:
        [(line, message)] = errors(text)
        assert (line, "one always comes before it" in message) == (7, True)
    else:
        assert check(text).earning is not None


def test_a_multiplier_that_multiplies_nothing_is_told() -> None:
    text = RULES + "  multipliers:\n    - {name: x, times: 1}\n    - {name: y, times: 0.5}\n"

    assert errors(text) == [
        (8, "earn.multipliers.0.times: must be more than 1: the multiplier gives nothing"),
        (9, "earn.multipliers.1.times: must be a number from 1 to 1000"),
    ]


def test_ten_thousand_rules_are_refused_at_once() -> None:
    rules = "".join(f"    - {{name: r{number}, points: 1, per: 1}}\n" for number in range(10_000))
    some = "".join(f"    - {{name: r{number}, points: 1, per: 1}}\n" for number in range(101))

    assert "is longer than" in errors(HEAD + "earn:\n  rules:\n" + rules)[0][1]
    assert errors(HEAD + "earn:\n  rules:\n" + some) == [(5, "earn.rules: must be a list of 1 to 100 items")]


def test_rules_that_together_earn_more_than_can_be_stored_are_refused() -> None:
    text = RULES + "    - {name: two, points: 400, per: 1}\n  multipliers:\n    - {name: x, times: 3}\n"

    assert [line for line, _ in errors(text)] == [4]


def test_a_stored_programme_with_mistakes_keeps_its_meaning() -> None:
    text = RULES + "    - {name: two, points: 1, per: 1, when: {dates: {from: 2020-01-01, until: 2020-01-02}}}\n"

    assert errors(text)
    assert parse_programme(text, version=1, effective_from=0, currency="IRR").earning is not None


def test_all_errors_are_told_together() -> None:
    text = RULES + (
        "    - {name: two, points: 1, per: 1, when: {tiers: [c]}}\n"
        "examples:\n  - {name: e, when: [{at: 2026-11-21, paid: o, total: 5}], then: {points: 4}}\n"
    )

    assert [line for line, _ in errors(text)] == [7, 7, 9]


@pytest.mark.parametrize(
    "happens",
    [
        "{at: 2026-11-21}",
        "{at: 2026-11-21, paid: o}",
        "{at: 2026-11-21, paid: o, total: 5, delivered: o}",
        "{at: 2026-11-21, refunded: o}",
        "{at: yesterday, paid: o, total: 5}",
        "{at: 2026-13-01, paid: o, total: 5}",
        "{at: 1800-01-01, paid: o, total: 5}",
        "{at: 2026-11-21 10:00Z, paid: o, total: 5}",
        "{at: 9999-12-31, paid: o, total: 5}",
        "{at: 2026-11-21, paid: o, total: -5}",
        "{at: [2026], paid: o, total: 5}",
    ],
)
def test_an_example_that_says_nothing_clear_is_told_with_its_line(happens: str) -> None:
    text = RULES + f"examples:\n  - name: e\n    when:\n      - {happens}\n    then: {{points: 4}}\n"

    assert [line for line, _ in errors(text)] == [10]
