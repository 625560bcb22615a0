"""The page of cohorts: what the CSV of the service says of whole months, in plots and a table, in two languages."""

import re
import sys

import pytest

from churn.backtest.cohort_page import COHORTS_MAX, main, page_of, read_curves
from churn.kpis.columns import COHORT_COLUMNS


def file_of(path, *rows):
    path.write_text("\n".join([",".join(COHORT_COLUMNS), *rows]) + "\n", encoding="utf-8-sig")
    return path


def row(cohort, since, retention, paid, complete="yes", customers=4):
    return f"{cohort},{customers},{since},2026-0{since + 1},{complete},1,{retention},1,10,{paid}"


ROWS = (
    row("2026-01", 0, "1.0000", "50.00"),
    row("2026-01", 1, "0.2500", "62.50"),
    row("2026-01", 2, "0.5", "90", "no"),
)


def test_months_that_are_not_over_are_left_out(tmp_path):
    [curve] = read_curves(file_of(tmp_path / "c.csv", *ROWS, row("2026-03", 0, "1.0000", "5", "no")))
    assert curve == ("2026-01", 4, [1.0, 0.25], [50.0, 62.5])


def test_the_newest_cohorts_are_drawn(tmp_path):
    rows = [row(f"{1990 + number}-01", 0, "1.0000", "5") for number in range(40)]
    found = read_curves(file_of(tmp_path / "c.csv", *rows))
    assert (len(found), found[-1].cohort) == (COHORTS_MAX, "2029-01")


@pytest.mark.parametrize(("lang", "direction", "retained"), [("en", "ltr", "25%"), ("fa", "rtl", "۲۵٪")])
def test_a_page_has_its_plots_and_no_script(tmp_path, lang, direction, retained):
    page = page_of(read_curves(file_of(tmp_path / "c.csv", *ROWS)), lang)
    assert f'lang="{lang}" dir="{direction}"' in page
    assert page.count("<svg") == 2
    assert retained in page
    assert "<script" not in page


def test_a_persian_page_is_persian_in_its_plots_too(tmp_path):
    page = page_of(read_curves(file_of(tmp_path / "c.csv", *ROWS, row("2026-01", 2, "0.5", "9000000.5"))), "fa")
    seen = re.sub(r"<(style|title|metadata).*?</\1>|<!--.*?-->|<[^>]*>", " ", page, flags=re.DOTALL)
    assert re.findall("[A-Za-z0-9]+", seen) == []
    assert "میلیون" in seen


def test_what_a_file_says_is_not_markup(tmp_path):
    page = page_of(read_curves(file_of(tmp_path / "c.csv", row("<script>", 0, "1.0000", "5"))), "en")
    assert "<script" not in page


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "\n".join([",".join(COHORT_COLUMNS), row("2026-01", 0, "NaN", "x")])]
)
def test_what_is_no_file_of_cohorts_is_refused(tmp_path, text, monkeypatch, capsys):
    (tmp_path / "c.csv").write_text(text)
    monkeypatch.setattr(sys, "argv", ["cohort_page", str(tmp_path / "c.csv"), "--page", str(tmp_path / "p.html")])
    assert main() == 1
    assert capsys.readouterr().err
    assert not (tmp_path / "p.html").exists()


def test_the_command_writes_the_page(tmp_path, monkeypatch):
    path = file_of(tmp_path / "c.csv", *ROWS)
    monkeypatch.setattr(sys, "argv", ["cohort_page", str(path), "--page", str(tmp_path / "p.html"), "--lang", "fa"])
    assert main() == 0
    assert (tmp_path / "p.html").read_text(encoding="utf-8").startswith("<!doctype html>")
