"""The page of a replay: both languages, no scripts, nothing that a customer or a programme wrote is read as HTML."""

import re
from decimal import Decimal
from typing import Any

import pytest

from loyalty.comparing.months import months_of
from loyalty.comparing.plots import plots_of
from loyalty.replays.page import Page
from loyalty.replays.words import WORDS, money, month, number, share

DAYS = {"739500": [2, 5 * 10**15, 30, 1, 0, 0, 90, 3, 0, 0], "739575": [1, 10**16, 100, 0, 5, 0, 300, 0, 5, 0]}


def result(**changes: Any) -> dict[str, Any]:
    side = {
        "points": {"given": 1300, "taken": 1, "expired": 5, "spent": 0},
        "outstanding": {"available": 1200, "pending": 94, "held": 0, "debt": 3},
        "value_per_point": "1000", "liability": "1294000", "cost": "1294000", "cost_share": "0.0123",
        "tiers": {"gold": 1, "<b>x</b>": 2},
    }  # fmt: skip
    told = {"customer_id": "<script>alert(1)</script>", "before": 10, "after": 1234, "difference": 1224}
    return {
        "from": None, "as_of": "2026-11-22T08:30:00Z", "currency": "IRR", "customers": 1234, "orders": 3,
        "revenue": "15000000", "before": side, "after": side, "difference": {"cost": "1"}, "gain": 1, "lose": 0,
        "tier_moves": [{"before": "gold", "after": "<i>", "customers": 7}], "winners": [told], "losers": [],
        "months": months_of(DAYS, "gregorian"), **changes,
    }  # fmt: skip


def page(language: Any, **changes: Any) -> str:
    calendar = "jalali" if language == "fa" else "gregorian"
    told = result(**{"months": months_of(DAYS, calendar), **changes})
    return Page(told, plots_of(told["months"]), language).html()


@pytest.mark.parametrize("language", ["fa", "en"])
def test_a_page_has_no_scripts_and_shows_names_as_text(language):
    html = page(language)

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>x</b>" not in html
    assert "<i>" not in html.replace("<i class", "")


def test_a_persian_page_is_read_from_right_to_left_in_persian_digits_jalali_months_and_toman():
    html = page("fa")
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)

    assert '<html lang="fa" dir="rtl">' in html
    assert "۱٬۵۰۰٬۰۰۰ تومان" in text
    assert "آبان ۱۴۰۴" in text or "آبان ۱۴۰۵" in text or "مهر" in text
    assert not re.search(r"[0-9]", text.replace("alert(1)", ""))


def test_without_ids_the_page_says_who_may_see_them():
    told = {"before": 10, "after": 20, "difference": 10}

    assert WORDS["en"]["hidden"] in page("en", winners=[told])


def test_two_programmes_that_give_the_same_are_said_to():
    assert WORDS["en"]["nothing"] in page("en", difference={}, gain=0, winners=[], tier_moves=[])
    assert WORDS["en"]["nothing"] not in page("en")


def test_a_page_without_months_has_no_plots():
    assert "<img" not in page("en", months=[])


def test_both_languages_have_the_same_words():
    assert WORDS["fa"].keys() == WORDS["en"].keys()


def test_plots_are_drawn_to_the_same_bytes_and_have_no_text():
    months = months_of(DAYS, "jalali")

    assert plots_of(months) == plots_of(months)
    assert all("<text" not in svg for svg in plots_of(months).values())


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (number(-1234, "en", signed=True), "−1,234"),
        (number(1234, "fa", signed=True), "\u2066+۱٬۲۳۴\u2069"),
        (number(0, "en", signed=True), "0"),
        (money(Decimal(-15), "IRR", "en", signed=True), "−2 Toman"),
        (money(Decimal("12.345"), "EUR", "en"), "12.35 EUR"),
        (share(Decimal("0.0123"), "fa"), "۱٫۲۳٪"),
        (month("1405-08", "fa"), "آبان ۱۴۰۵"),
        (month("2026-11", "en"), "Nov 2026"),
    ],
)
def test_numbers_are_written_as_readers_write_them(told, text):
    assert told == text


@pytest.mark.parametrize("language", ["fa", "en"])
def test_budgets_and_guards_are_on_the_page_as_far_as_there_are_any(language):
    ended = [{"period": "2026-11", "day": "2026-11-21"}]
    budget = {"budget": "<b>stories</b>", "per": "month", "periods": 2, "given": 50, "refused": 30, "ended": ended}
    guards = [
        {"guard": "liability", "limit": "300000", "found": "360000", "broken": True},
        {"guard": "cost_share", "limit": "0.02", "found": None, "broken": False},
    ]
    html = page(language, budgets={"before": [budget], "after": [{**budget, "ended": []}]}, guards=guards)
    words = WORDS[language]

    assert html.count("&lt;b&gt;stories") == 2
    assert all(words[name] in html for name in ("budgets", "refused", "guards", "broken", "within"))
    assert ("۱۴۰۵/۰۸/۳۰" if language == "fa" else "2026-11-21") in html
    assert not any(words[name] in page(language) for name in ("budgets", "guards"))
