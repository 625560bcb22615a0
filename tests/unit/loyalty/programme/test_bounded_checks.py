"""What a document asks to be tried and looked at is bounded: checking one is no work of seconds."""

from time import process_time

import pytest

from unit.loyalty.programme.test_mistakes import RULES, check, errors

FOR_EVER = (
    "{name: c%d, title: {en: C}, goal: {orders: 3}, points: 5, when: {%s}, "
    "within: {dates: {from: 2026-01-01, until: 9999-12-31}}}"
)
NEVER = ", ".join(f"{{from: 2020-01-{day:02}, until: 2020-01-{day:02}}}" for day in range(1, 31))


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (f"dates: [{NEVER}]", "nothing ever counts: its dates are over before the programme begins"),
        ("weekdays: [monday], dates: [{from: 2040-01-03, until: 2040-01-03}]", "nothing counts on any of its days"),
        ("weekdays: [monday], dates: [{from: 2040-01-02, until: 2040-01-02}]", None),
    ],
)
def test_challenges_without_an_end_are_checked_in_bounded_time(when: str, message: str | None):
    challenges = "".join(f"  - {FOR_EVER % (number, when)}\n" for number in range(20))
    text = f"{RULES}challenges:\n{challenges}"

    begin = process_time()
    if message is None:
        check(text)
    else:
        assert any(message in told for _, told in errors(text))

    assert process_time() - begin < 1


def test_an_example_lasts_ten_years_at_most():
    example = "examples: [{name: e, when: [{at: 1990-02-02, paid: o, total: 10}], now: 2199-12-01, then: {points: 10}}]"

    assert errors(RULES + example)[0][1].startswith("examples.0.now: an example may last ten years, this one lasts 209")
    check(RULES + example.replace("2199", "1999"))


def test_examples_go_through_a_bounded_number_of_occasions():
    occasions = "occasions:\n" + "".join(f"  - {{name: o{number}, on: birthday, points: 5}}\n" for number in range(50))
    example = "  - {name: e%d, when: [{at: 1990-02-02, paid: o, total: 10}], now: 1999-12-01, then: {points: 10}}\n"

    told = errors(RULES + occasions + "examples:\n" + "".join(example % number for number in range(100)))

    assert "examples: they last 1000 years together, with 50 occasions in each" in told[0][1]
    check(RULES + occasions + "examples:\n" + "".join(example % number for number in range(9)))
