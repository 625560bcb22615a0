"""What is legal in a programme with rules and surely a mistake, or impossible, is told with its line."""

from datetime import date
from time import monotonic

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


POINTS = """
version: 2
currency: IRR
tiers:
  window_days: 365
  levels: [{name: a, points: 0}, {name: b, points: 500, multiplier: 2}, {name: c, points: 900}]
"""
SPENDING = HEAD + "spend: {value: 1000}\n"


@pytest.mark.parametrize(
    ("rest", "line", "message"),
    [
        (
            "earn: {points: 0, per: 1}\n",
            6,
            "tiers.levels.1.points: nobody can reach this level: points are earned by nobody",
        ),
        (
            "earn:\n  rules:\n    - {name: r, points: 1, per: 100, when: {tiers: [b, c]}}\n",
            6,
            "tiers.levels.1.points: nobody can reach this level: points are earned by those alone who have it "
            "or a higher one: b, c",
        ),
        (
            "earn: {points: 0, per: 1}\nacts: [{name: w, on: customer.signed_up, points: 600}]\n",
            6,
            "tiers.levels.2.points: nobody can reach this level: at most 600 points can be earned within its window",
        ),
        (
            "earn: {points: 1, per: 100}\ncaps: [{name: all, points: 50, per: month}]\n",
            6,
            "tiers.levels.2.points: nobody can reach this level: at most 750 points can be earned within its window",
        ),
    ],
)
def test_a_level_that_nobody_can_reach_is_refused(rest: str, line: int, message: str):
    assert errors(POINTS + rest) == [(line, message)]


@pytest.mark.parametrize(
    "rest",
    [
        "earn: {points: 1, per: 100}\n",
        "earn:\n  rules:\n    - {name: r, points: 1, per: 100, when: {tiers: [a]}}\n    - {name: s, points: 2}\n",
        "earn: {points: 0, per: 1}\nacts: [{name: v, on: customer.logged_in, points: 3}]\n",
        "earn: {points: 1, per: 100}\ncaps: [{name: some, points: 1, per: year, of: [orders]}]\n"
        "acts: [{name: s, on: act.done, act: story, points: 1}]\n",
    ],
)
def test_a_level_that_somebody_can_reach_is_taken(rest: str):
    assert check(POINTS + rest).measure == "points"


@pytest.mark.parametrize(
    ("earn", "message"),
    [
        (
            "earn: {points: 2, per: 1000}\n",
            "earn: points are worth more than the purchase: 200 % of its price by spend.value",
        ),
        (
            "earn:\n  rules: [{name: r, points: 2, per: 3000}]\n  multipliers: [{name: m, times: 2}]\n",
            "earn.rules.0: points are worth more than the purchase: 133 % of its price by spend.value, "
            "with the multiplier m",
        ),
        (
            "earn:\n  rules: [{name: r, points: 2, per: 3000}, "
            "{name: s, points: 1, per: 2000, when: {categories: [tea]}}]\n",
            "earn.rules.0: points are worth more than the purchase: 116 % of its price by spend.value",
        ),
        (
            "earn:\n  rules: [{name: r, points: 1, per: 3000}]\n  multiplier_stacking: add\n"
            "  multipliers: [{name: m, times: 2.5, when: {weekdays: [friday]}}, {name: n, times: 2}, "
            "{name: o, times: 9, when: {weekdays: [monday], channels: [app], tiers: [b]}}, "
            "{name: p, times: 2, when: {channels: [app], tiers: [b]}}]\n",
            "earn.rules.0: points are worth more than the purchase: 366 % of its price by spend.value, "
            "with the multipliers o, n, p",
        ),
        (
            "earn:\n  rules: [{name: r, points: 2, per: 3000, when: {channels: [app]}}, "
            "{name: s, points: 1, per: 2000, when: {channels: [app, web]}}]\n",
            "earn.rules.0: points are worth more than the purchase: 116 % of its price by spend.value",
        ),
        (  # an order of less than min_spend is multiplied by the second one
            "earn:\n  rules: [{name: r, points: 1, per: 2500}]\n  multiplier_stacking: first\n"
            "  multipliers: [{name: m, times: 1.1, when: {min_spend: 1000000}}, {name: n, times: 3}]\n",
            "earn.rules.0: points are worth more than the purchase: 120 % of its price by spend.value, "
            "with the multiplier n",
        ),
    ],
)
def test_points_that_are_worth_more_than_the_purchase_are_refused(earn: str, message: str):
    assert [text for _, text in errors(SPENDING + earn)] == [message]


@pytest.mark.parametrize(
    "earn",
    [
        "earn: {points: 1, per: 1000}\n",
        "earn:\n  rules: [{name: r, points: 2, per: 3000, when: {channels: [web]}}]\n"
        "  multipliers: [{name: m, times: 2, when: {channels: [till]}}]\n",
        "earn:\n  rules: [{name: r, points: 2, per: 3000, when: {dates: {from: 01-01, until: 02-01}}}]\n"
        "  multipliers: [{name: m, times: 2, when: {dates: {from: 03-01, until: 04-01}}}]\n",
        "earn:\n  rules: [{name: welcome, points: 5000, when: {first_order: true}}]\n",
        "earn:\n  rules: [{name: r, points: 1, per: 3000}]\n  multiplier_stacking: add\n"
        "  multipliers: [{name: m, times: 2, when: {channels: [app]}}, {name: n, times: 2, when: {channels: [web]}}, "
        "{name: o, times: 2, when: {channels: [till]}}]\n",
        "earn:\n  rules: [{name: r, points: 1, per: 3000}]\n  multiplier_stacking: add\n  multipliers:\n"
        '    - {name: m, times: 2.5, when: {hours: {from: "08:00", until: "10:00"}}}\n'
        '    - {name: n, times: 2.5, when: {hours: {from: "18:00", until: "20:00"}}}\n',
        "earn:\n  rules: [{name: r, points: 1, per: 3000, when: {channels: [app]}}]\n  multiplier_stacking: first\n"
        "  multipliers: [{name: m, times: 2, when: {channels: [app, web]}}, "
        "{name: n, times: 9, when: {weekdays: [friday]}}]\n",
        "earn:\n  rules: [{name: r, points: 2, per: 3000, when: {categories: [tea]}}, "
        "{name: s, points: 1, per: 2000, count: {exclude: {categories: [tea]}}}]\n",
        "earn:\n  rules: [{name: rest, points: 1, per: 2500, count: {exclude: {categories: [shoes]}}}, "
        "{name: shoes, points: 1, per: 10000, when: {categories: [shoes]}}]\n"
        "  multipliers: [{name: m, times: 3, when: {categories: [shoes]}}]\n",
        "earn:\n  stacking: first\n  rules: [{name: friday, points: 1, per: 10000, when: {weekdays: [friday]}}, "
        "{name: other, points: 1, per: 2500}]\n"
        "  multipliers: [{name: m, times: 3, when: {weekdays: [friday]}}]\n",
        "earn:\n  stacking: first\n  rules: [{name: app, points: 1, per: 10000, when: {channels: [app]}}, "
        "{name: web, points: 1, per: 10000, when: {channels: [web]}}, {name: till, points: 1, per: 2500}]\n"
        "  multipliers: [{name: m, times: 3, when: {channels: [app, web]}}]\n",
        "earn:\n  rules: [{name: clothes, points: 3, per: 10000, when: {categories: [clothes]}}, "
        "{name: phone, points: 3, per: 4000, when: {products: [p-7]}}]\n",
    ],
)
def test_points_that_are_worth_less_or_never_come_together_are_taken(earn: str):
    check(SPENDING + earn)


@pytest.mark.parametrize("days", ["thursday, friday", "friday"])
def test_a_level_that_is_multiplied_counts_for_a_rule_unless_rules_before_have_all_of_its_orders(days: str):
    week = (
        "earn:\n  stacking: first\n  rules:\n    - {name: week, points: 1, per: 10000, when: {tiers: [b], "
        "weekdays: [saturday, sunday, monday, tuesday, wednesday]}}\n"
        f"    - {{name: weekend, points: 2, per: 10000, when: {{tiers: [b], weekdays: [{days}]}}}}\n"
        "    - {name: else, points: 6, per: 10000}\n"
    )
    text = SPENDING.replace("spend: 5", "spend: 5, multiplier: 2") + week
    if days == "friday":
        [(_, message)] = errors(text)
        assert message == "earn.rules.2: points are worth more than the purchase: 120 % of its price by spend.value"
    else:
        check(text)


@pytest.mark.parametrize(
    ("acts", "message"),
    [
        (
            "[{name: a, on: act.done, act: s, points: 1}, {name: b, on: act.done, act: s, points: 2, tiers: [b]}]",
            "acts.1: the rule never decides: a always comes before it",
        ),
        (
            "[{name: a, on: customer.updated, fields: [x], points: 1},"
            " {name: b, on: customer.updated, fields: [x], points: 2}]",
            "acts.1: the rule never decides: a always comes before it",
        ),
        (
            "[{name: a, on: customer.logged_in, points: 1, from: 2027-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z},"
            " {name: b, on: customer.logged_in, points: 2, from: 2027-03-01T00:00:00Z, until: 2027-04-01T00:00:00Z}]",
            "acts.1: the rule never decides: a always comes before it",
        ),
        (
            "[{name: a, on: customer.logged_in, points: 60}]\ncaps: [{name: c, points: 50, per: day, beyond: refuse}]",
            "acts.0.points: the rule never pays: the cap c refuses more than 50",
        ),
    ],
)
def test_rules_about_acts_that_never_decide_or_pay_are_refused(acts: str, message: str):
    assert [text for _, text in errors(f"{HEAD}earn: {{points: 1, per: 1}}\nacts: {acts}\n")] == [message]


@pytest.mark.parametrize(
    "acts",
    [
        "[{name: a, on: act.done, act: s, points: 1, tiers: [b]}, {name: b, on: act.done, act: s, points: 2}]",
        "[{name: a, on: act.done, act: s, points: 1}, {name: b, on: act.done, act: t, points: 2}]",
        "[{name: a, on: customer.updated, fields: [x], points: 1},"
        " {name: b, on: customer.updated, fields: [x, y], points: 2}]",
        "[{name: a, on: customer.logged_in, points: 60}]\ncaps: [{name: c, points: 50, per: day}]",
    ],
)
def test_rules_about_acts_that_may_decide_are_taken(acts: str):
    check(f"{HEAD}earn: {{points: 1, per: 1}}\nacts: {acts}\n")


@pytest.mark.parametrize("section", ["earn: {rules: [%s]}", "earn: {points: 1, per: 1}\nacts: [%s]"])
@pytest.mark.parametrize(("number", "message"), [(10_000, "longer than 65536 characters"), (700, "must be a list of")])
def test_ten_thousand_rules_are_refused_at_once_and_clearly(section: str, number: int, message: str):
    kind = "on: customer.logged_in, " if "acts" in section else ""
    rules = ", ".join(f"{{name: r{each}, {kind}points: 1}}" for each in range(number))
    begin = monotonic()
    told = errors(HEAD + section % rules + "\n")

    assert monotonic() - begin < 5
    assert len(told) == 1
    assert message in told[0][1]


def test_as_many_rules_as_there_may_be_are_checked_in_bounded_time():
    whens = [f"when: {{channels: [c{each}], dates: {{from: 01-01, until: 12-31}}}}" for each in range(100)]
    rules = ", ".join(f"{{name: r{each}, points: 1, per: 100000, {when}}}" for each, when in enumerate(whens))
    times = ", ".join(f"{{name: m{each}, times: 2, {when}}}" for each, when in enumerate(whens))
    begin = monotonic()
    check(f"{SPENDING}earn:\n  rules: [{rules}]\n  multipliers: [{times}]\n")

    assert monotonic() - begin < 5
