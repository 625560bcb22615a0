"""How numbers, dates and money are written in each language."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from notify.domain.language import language_of
from notify.rendering import formats
from notify.rendering.environment import compiled

NOON = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_dates_are_jalali_in_persian_and_gregorian_in_english():
    assert formats.date(NOON, "fa") == "۱ آذر ۱۴۰۵"
    assert formats.date(NOON, "en") == "22 November 2026"


def test_rials_are_told_in_toman():
    assert formats.money(Decimal(12500000), "IRR", "fa") == "۱٬۲۵۰٬۰۰۰ تومان"
    assert formats.money(Decimal(12500000), "IRR", "en") == "1,250,000 Toman"


def test_other_currencies_keep_their_code():
    assert formats.money(Decimal("1234.5"), "EUR", "en") == "€1,234.50"
    assert formats.money(Decimal("1234.5"), "EUR", "fa") == "۱٬۲۳۴٫۵۰ \u2068EUR\u2069"


def test_numbers_have_the_digits_and_separators_of_the_language():
    assert formats.number(1234567, "fa") == "۱٬۲۳۴٬۵۶۷"
    assert formats.number(1234567, "en") == "1,234,567"


def test_one_point_is_no_points():
    assert [formats.points(value, "en") for value in (1, 2, 1240)] == ["1 point", "2 points", "1,240 points"]
    assert formats.points(1240, "fa") == "۱٬۲۴۰ امتیاز"


@pytest.mark.parametrize(
    ("locales", "expected"),
    [(("fa-IR",), "fa"), (("fa_IR",), "fa"), ((None, "en"), "en"), (("de", "fa"), "fa"), ((), "en")],
)
def test_the_first_locale_with_templates_is_taken(locales, expected):
    assert language_of(*locales) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ missing }}",
        "{{ range(10) }}",
        "{{ 'a' + 'b' }}",
        "{{ cycler }}",
    ],
)
def test_a_template_can_neither_compute_nor_look_inside(source):
    from jinja2 import TemplateError

    with pytest.raises(TemplateError):
        compiled(source, "en", html=True)({"name": "x"})


def test_values_are_escaped_in_html_only():
    assert compiled("{{ name }}", "en", html=True)({"name": "<b>"}) == "&lt;b&gt;"
    assert compiled("{{ name }}", "en", html=False)({"name": "<b>"}) == "<b>"
