"""``python -m churn.backtest.cohort_page cohorts.csv``: the curves of ``GET /v1/cohorts.csv`` as one HTML page."""

import argparse
import csv
import sys
from decimal import Decimal
from functools import partial
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from churn.backtest.plots import Scale, curves
from churn.domain.forecast.words import Language, digits, number
from churn.domain.timeline.formats import amount
from churn.kpis.columns import COHORT_COLUMNS
from mandegar.quantities import decimal_of, whole_of

# Older cohorts than these are in the file, and would make the plots unreadable.
COHORTS_MAX: Final = 24
_HEAD: Final = """<!doctype html>
<html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 Vazirmatn, system-ui, Tahoma, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }}
section {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 2rem }}
figure {{ margin: 0 }} figcaption {{ font-size: 14px; color: #475569 }}
svg {{ width: 100%; height: auto; direction: ltr }}
div {{ overflow-x: auto; margin-top: 2rem }}
table {{ border-collapse: collapse; font-size: 13px }}
td, th {{ padding: .2rem .4rem; text-align: end }}
</style></head><body>
"""
# From this share on the ground of a cell is so dark that dark figures cannot be read on it.
_DARK: Final = 0.5
_MILLION: Final = 1_000_000
_WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "direction": "ltr",
        "title": "Cohorts",
        "retention": "Retention: the share of a cohort that ordered, by months since its first order. Each line is a "
        "cohort, the newest darkest. Months that are not over are left out.",
        "revenue": "Revenue: what a customer of a cohort had paid by then, less refunds.",
        "since": "months since the first order",
        "share": "share that ordered",
        "paid": "revenue per customer",
        "millions": "revenue per customer, millions",
        "cohort": "cohort",
        "customers": "customers",
    },
    "fa": {
        "direction": "rtl",
        "title": "گروه‌های ماهانهٔ مشتریان",
        "retention": "ماندگاری: چه سهمی از هر گروه در هر ماه پس از نخستین سفارش دوباره سفارش داده است. هر خط یک گروه "
        "است و تازه‌ترین گروه پررنگ‌تر است. ماه‌های ناتمام نیامده‌اند.",
        "revenue": "درآمد: هر مشتریِ گروه تا آن ماه چقدر پرداخته است، پس از کسر بازپرداخت‌ها.",
        "since": "ماه پس از نخستین سفارش",
        "share": "سهم کسانی که سفارش دادند",
        "paid": "درآمد هر مشتری",
        "millions": "درآمد هر مشتری، میلیون",
        "cohort": "گروه",
        "customers": "مشتری",
    },
}


class Curve(NamedTuple):
    """A cohort and its complete months, from its own: retention and revenue per customer."""

    cohort: str
    customers: int
    retention: list[float]
    revenue: list[float]


def read_curves(path: Path) -> list[Curve]:
    """The newest cohorts of a file that have a complete month; raises ``ValueError`` where it is no such file."""
    found: dict[str, Curve] = {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if missing := set(COHORT_COLUMNS) - set(rows.fieldnames or ()):
            raise ValueError(f"the first line must name the columns of /v1/cohorts.csv; missing: {sorted(missing)}")
        for row in rows:
            if row["complete"] != "yes":
                continue
            curve = found.setdefault(row["cohort"], Curve(row["cohort"], whole_of(row["cohort_customers"]), [], []))
            curve.retention.append(float(decimal_of(row["retention"])))
            curve.revenue.append(float(decimal_of(row["revenue_per_customer"])))
    return [found[name] for name in sorted(found)][-COHORTS_MAX:]


def page_of(found: list[Curve], lang: Language) -> str:
    """The page, without scripts; its plots are part of it. Amounts are in the currency of the file."""
    words = _WORDS[lang]
    since = Scale(words["since"], partial(_written, lang=lang))
    most = max((paid for each in found for paid in each.revenue), default=0.0)
    unit = _MILLION if most >= _MILLION else 1
    paid = Scale(words["millions" if unit > 1 else "paid"], lambda value: _written(value / unit, lang))
    plots = {
        "retention": curves(
            [each.retention for each in found], since, Scale(words["share"], partial(_percent, lang=lang)), skipped=1
        ),
        "revenue": curves([each.revenue for each in found], since, paid, skipped=0),
    }
    figures = "".join(
        f"<figure>{svg}<figcaption>{escape(words[name])}</figcaption></figure>" for name, svg in plots.items()
    )
    head = _HEAD.format(lang=lang, direction=words["direction"], title=escape(words["title"]))
    table = _table(found, lang)
    return f"{head}<h1>{escape(words['title'])}</h1><section>{figures}</section><div>{table}</div></body></html>\n"


def _table(found: list[Curve], lang: Language) -> str:
    words = _WORDS[lang]
    most = max((len(each.retention) for each in found), default=0)
    head = "".join(f"<th>{_written(number, lang)}</th>" for number in range(most))
    rows = "".join(
        f"<tr><td><bdi>{escape(digits(each.cohort, lang))}</bdi></td><td>{_written(each.customers, lang)}</td>"
        + "".join(_cell(share, lang) for share in each.retention)
        + "</tr>"
        for each in found
    )
    return f"<table><tr><th>{words['cohort']}</th><th>{words['customers']}</th>{head}</tr>{rows}</table>"


def _cell(share: float, lang: Language) -> str:
    ink = "; color: white" if share >= _DARK else ""
    return f'<td style="background: rgb(15 118 110 / {share:.2f}){ink}">{_percent(share, lang)}</td>'


def _written(value: float, lang: Language) -> str:
    """A number as the language writes it, with no more than two decimals."""
    return amount(Decimal(value).quantize(Decimal("0.01")), lang)


def _percent(share: float, lang: Language) -> str:
    return number(round(100 * share), lang) + ("٪" if lang == "fa" else "%")


def main() -> int:
    """Read the file, write the page; 1 if there is nothing to draw."""
    parser = argparse.ArgumentParser(prog="python -m churn.backtest.cohort_page", description=__doc__)
    parser.add_argument("cohorts", type=Path, help="what GET /v1/cohorts.csv has answered")
    parser.add_argument("--page", type=Path, default=Path("cohorts.html"), help="where to write the page")
    parser.add_argument("--lang", choices=sorted(_WORDS), default="en")
    wanted = parser.parse_args()
    try:
        found = read_curves(wanted.cohorts)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if not found:
        print("no cohort has a month that is over", file=sys.stderr)
        return 1
    wanted.page.write_text(page_of(found, wanted.lang), encoding="utf-8")
    print(f"page: {wanted.page}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
