"""Sentences in English and Persian: digits, days and plurals of each language, and nothing of the other."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from churn.domain.forecast import words
from churn.domain.forecast.words import Language

NUMBERS = st.integers(0, 100_000)
ORDINALS = st.integers(date(1925, 1, 1).toordinal(), date(2499, 12, 31).toordinal())
BANDS = st.sampled_from(["healthy", "cooling", "at_risk", "lost"])


@st.composite
def sentences(draw: st.DrawFn, language: Language) -> str:
    one, two, three, ordinal = draw(NUMBERS), draw(NUMBERS), draw(NUMBERS), draw(ORDINALS)
    share = st.floats(0, 1)
    made = [
        words.ordered_today(language),
        words.ordered_once(one, two, language),
        words.ordered_twice(one, two, language),
        words.last_ordered(one, language),
        words.silent_for_long(one, two, language),
        words.slowing_down(one, two, language),
        words.few_for_age(ordinal, one, two, language),
        words.one_order(draw(share), draw(share), draw(st.none() | NUMBERS), language),
        words.next_line(draw(BANDS), three, ordinal, language),
    ]
    return draw(st.sampled_from(made))


@given(sentences("fa"))
def test_a_persian_sentence_has_no_latin_letter_or_digit(text: str) -> None:
    assert not re.search(r"[A-Za-z0-9%]", text)
    assert "  " not in text


@given(sentences("en"))
def test_an_english_sentence_is_plain_ascii(text: str) -> None:
    assert text.isascii()
    assert "_" not in text


@pytest.mark.parametrize(
    ("day", "english", "persian"),
    [
        (date(2026, 11, 22), "22 November 2026", "۱ آذر ۱۴۰۵"),
        (date(2025, 3, 20), "20 March 2025", "۳۰ اسفند ۱۴۰۳"),  # a leap year's last day
        (date(2025, 3, 21), "21 March 2025", "۱ فروردین ۱۴۰۴"),
        (date(2026, 3, 20), "20 March 2026", "۲۹ اسفند ۱۴۰۴"),
    ],
)
def test_days_are_of_the_calendar_of_the_language(day: date, english: str, persian: str) -> None:
    assert words.day(day.toordinal(), "en") == english
    assert words.day(day.toordinal(), "fa") == persian


def test_one_is_singular_in_english_alone() -> None:
    assert [words.days(number, "en") for number in (0, 1, 2)] == ["0 days", "1 day", "2 days"]
    assert [words.days(number, "fa") for number in (0, 1, 2)] == ["۰ روز", "۱ روز", "۲ روز"]


@pytest.mark.parametrize(
    ("share", "english", "persian"),
    [
        (0.0, "less than 1%", "کمتر از ۱٪"),
        (0.004, "less than 1%", "کمتر از ۱٪"),
        (0.5, "50%", "۵۰٪"),
        (0.9949, "99%", "۹۹٪"),
        (0.9999, "more than 99%", "بیش از ۹۹٪"),
    ],
)
def test_no_chance_is_shown_as_certain(share: float, english: str, persian: str) -> None:
    assert words.percent(share, "en") == english
    assert words.percent(share, "fa") == persian
