"""The page of an export: readable in either direction, and nothing in it but text."""

import pytest

from mandegar_local.person import page
from mandegar_local.person.commands import report_lines
from mandegar_local.person.page import export_page

NO_INSTANTS = ["2026-99-99T00:00:00Z", "0500-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-11-22T10:00:60Z"]
ODD = [*NO_INSTANTS, "<script>alert(1)</script>", "\u202eevil\u202c", "سارا", "\"&'", "</bdi></td>", "{title}", ""]


def of(**rows):
    return {
        "service": "notify", "ids": ["c-1", "<b>"], "as_of": "2026-11-22T08:30:00Z", "erased_at": None, "rows": rows,
    }  # fmt: skip


def text(*exports, locale="fa-IR"):
    return "".join(export_page(exports, "s<hop", locale))


@pytest.mark.parametrize("odd", ODD)
def test_whatever_stands_in_a_field_is_text(odd):
    shown = text(of(**{"<i>": [{odd: odd, "b": [odd], "c": {odd: 1}}]}))
    assert "<script" not in shown
    assert "</bdi></td></bdi>" not in shown
    assert "<i>" not in shown
    assert shown.count("<table>") == shown.count("</table>") == 1


def test_dates_are_jalali_where_the_shop_is_persian_and_the_page_runs_from_right_to_left():
    rows = of(sends=[{"created_at": "2026-11-22T08:30:00.25Z", "day": "2026-11-22", "none": None, "n": 7}])
    persian, english = text(rows), text(rows, locale="en-GB")
    assert 'dir="rtl"' in persian
    assert "1405/09/01 08:30:00 UTC" in persian
    assert 'dir="ltr"' in english
    assert "2026-11-22 08:30:00 UTC" in english


def test_a_page_has_so_many_rows_and_says_how_many_more_there_are(monkeypatch):
    monkeypatch.setattr(page, "ROWS_MAX", 2)
    shown = text(of(entries=[{"n": number} for number in range(5)], empty=[]))
    assert (shown.count("<tr>"), "3 more" in shown, "empty" in shown) == (3, True, False)


def test_a_report_says_what_was_erased_what_stays_and_what_remains_once():
    remains = [{"what": "ids", "why": "pseudonyms"}]
    reports = [
        {"service": "loyalty", "removed": [{"what": "orders", "rows": 1200}], "remains": remains,
         "kept": [{"what": "entries", "rows": 3, "why": "for the books"}]},
        {"service": "churn", "removed": [], "kept": [], "remains": remains},
    ]  # fmt: skip
    assert report_lines(reports) == [
        "loyalty: 1,200 orders",
        "  stays: 3 entries: for the books",
        "churn: nothing was there",
        "remains of everybody: ids: pseudonyms",
    ]
