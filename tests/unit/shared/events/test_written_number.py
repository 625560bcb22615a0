"""A number is one number in every way of writing it, and what is none is not read."""

import pytest

from mandegar.events.written_number import plain_number


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("12,50", ",", "12.50"),
        ("1.234,5", ",", "1234.5"),
        ("1.234.567", ",", "1234567"),
        ("1,234,567.8", ".", "1234567.8"),
        ("1 234 567,8", ",", "1234567.8"),
        ("1\u00a0234", ",", "1234"),
        ("۱۲٬۳۴۵٫۵", ",", "12345.5"),
        ("۱۲۳", ".", "123"),
        ("1'234.5", ".", "1234.5"),
        ("+5", ".", "5"),
        ("-1,5", ",", "-1.5"),
        ("12.50", ",", None),
        ("12,50", ".", None),
        ("1,23,456", ".", None),
        ("1.2.3", ".", None),
        ("12 EUR", ".", None),
        ("", ".", None),
        ("1e5", ".", None),
        ("NaN", ".", None),
    ],
)
def test_a_number_is_read_by_the_mark_before_its_fraction(text, mark, number):
    assert plain_number(text, mark) == number
