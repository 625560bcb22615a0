"""A statement as a page: no scripts, nothing loaded, and it prints on paper."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from html import escape

from loyalty.domain.lots import ADJUST
from loyalty.domain.naming import named
from loyalty.domain.posting import Balance
from loyalty.domain.units import without_unit
from loyalty.statement.months import Account, Language, Line, Statement, day_of
from loyalty.statement.words import WORDS, credit_number, credit_unit, day_text, month_text, number, tier_text
from mandegar.calendar import ShopDays

STYLE = (
    ":root{color-scheme:light}body{font:15px/1.6 Vazirmatn,system-ui,Tahoma,sans-serif;"
    "color:#1b1b1f;background:#fff;max-width:46rem;margin:2.5rem auto;padding:0 1.25rem}"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:1.8rem 0 .5rem}"
    ".month{font-size:1.1rem;color:#555;margin:.1rem 0 1.2rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0 0 1.5rem}dt{color:#666}dd{margin:0}"
    "table{width:100%;border-collapse:collapse}th,td{padding:.45rem .6rem;text-align:start;vertical-align:top}"
    "thead th{border-bottom:2px solid #1b1b1f;font-weight:600}tbody td{border-bottom:1px solid #e3e3e8}"
    "td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
    "tr.sum td{font-weight:600;background:#f5f5f8}.id{color:#666}td.day{white-space:nowrap}"
    ".note{margin-top:1.5rem;padding:.7rem 1rem;border-inline-start:4px solid #b7791f;background:#fdf6e7}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}tr,.note{break-inside:avoid}"
    "thead{display:table-header-group}tr.sum td,.note{background:none}}@page{margin:18mm}"
)
_COLUMNS = ("available", "pending", "held", "debt")


def statement_page(statement: Statement, shop: str, customer_id: str, days: ShopDays, language: Language) -> str:
    """The whole page. Texts of the shop and ids are isolated, so that neither direction reorders the other."""
    words, month = WORDS[language], statement.month
    title = f"{words['title']} · {month_text(month, language)}"
    tier = (
        ""
        if statement.tier is None
        else (f"<dt>{words['tier']}</dt><dd><bdi>{escape(tier_text(statement.tier, language))}</bdi></dd>")
    )
    as_of = (
        ""
        if statement.complete
        else (f"<dt>{words['as_of']}</dt><dd>{_day(day_of(statement.until - 1, days), statement, language)}</dd>")
    )
    return (
        f'<!doctype html><html lang="{language}" dir="{"rtl" if language == "fa" else "ltr"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{words['title']}</h1><p class=month>{escape(month_text(month, language))} · <bdi>{escape(shop)}</bdi></p>"
        f"<dl><dt>{words['customer']}</dt><dd><bdi dir=ltr>{escape(customer_id)}</bdi></dd>{tier}{as_of}</dl>"
        f"{''.join(_parts(statement, days, language))}</body></html>\n"
    )


def _parts(statement: Statement, days: ShopDays, language: Language) -> Iterator[str]:
    """The points, and the credit of whoever ever had any."""
    yield from _table(statement, statement.points, days, language)
    yield from _expiring(statement, statement.points, days, language)
    credit = statement.credit
    if credit is not None:
        unit = escape(credit_unit(credit.currency, language))
        yield f"<h2>{WORDS[language]['credit']} (<bdi>{unit}</bdi>)</h2>"
        yield from _table(statement, credit, days, language)
        yield from _expiring(statement, credit, days, language)


def _table(statement: Statement, account: Account, days: ShopDays, language: Language) -> Iterator[str]:
    words = WORDS[language]
    sums = [account.opening, account.closing, account.of_others, *(line.moved for line in account.lines)]
    columns = [name for name in _COLUMNS if name == "available" or any(getattr(sum_, name) for sum_ in sums)]
    heads = "".join(f"<th class=n>{words[name]}</th>" for name in columns)
    yield f"<table><thead><tr><th>{words['date']}</th><th>{words['what']}</th>{heads}</tr></thead><tbody>"
    first = _day(day_of(statement.begin, days), statement, language)
    cells = partial(_cells, account=account, columns=columns, language=language)
    yield f"<tr class=sum><td class=day>{first}</td><td>{words['opening']}</td>{cells(account.opening)}</tr>"
    previous: date | None = None
    for line in account.lines:
        day = day_of(line.at, days)
        shown = "" if day == previous else _day(day, statement, language)
        what = _what(line, account, language)
        yield f"<tr><td class=day>{shown}</td><td>{what}</td>{cells(line.moved, signed=True)}</tr>"
        previous = day
    if account.others:
        text = words["others"].format(number(account.others, language))
        yield f"<tr><td></td><td>{text}</td>{cells(account.of_others, signed=True)}</tr>"
    if not account.lines:
        yield f"<tr><td></td><td colspan={len(columns) + 1}>{words['none']}</td></tr>"
    last = _day(day_of(statement.until - 1, days), statement, language)
    name = words["closing" if statement.complete else "so_far"]
    yield f"<tr class=sum><td class=day>{last}</td><td>{name}</td>{cells(account.closing)}</tr>"
    yield "</tbody></table>"


def _what(line: Line, account: Account, language: Language) -> str:
    words = WORDS[language]
    kind = "taken" if line.kind == ADJUST and line.moved.available < line.moved.debt else line.kind
    of_unit = words.get(f"credit.{kind}") if account.currency else None
    name = escape(of_unit or words.get(line.kind, line.kind))
    names = named(line.order_id)
    shown = names.opening_id or (names.attained.name if names.attained else without_unit(line.order_id))
    if any(ord(letter) < 32 for letter in shown):  # an id of our own
        return name
    return f"{name} <span class=id><bdi dir=ltr>{escape(shown)}</bdi></span>"


def _cells(balance: Balance, *, account: Account, columns: list[str], language: Language, signed: bool = False) -> str:
    values = [getattr(balance, name) for name in columns]
    return "".join(
        f"<td class=n>{_number(value, account, language, signed=signed) if value or not signed else ''}</td>"
        for value in values
    )


def _number(value: int, account: Account, language: Language, *, signed: bool = False) -> str:
    """Points, or credit in the unit that the heading names."""
    if account.currency:
        return credit_number(value, account.currency, language, signed=signed)
    return number(value, language, signed=signed)


def _expiring(statement: Statement, account: Account, days: ShopDays, language: Language) -> Iterator[str]:
    for at, points in account.expiring:
        day, amount = _day(day_of(at - 1, days), statement, language), _number(points, account, language)
        text = WORDS[language]["expiring"].format(amount, day)
        if account.currency:
            unit = f"<bdi>{escape(credit_unit(account.currency, language))}</bdi>"
            text = WORDS[language]["credit.expiring"].format(f"{amount} {unit}", day)
        yield f"<p class=note>{text}</p>"


def _day(day: date, statement: Statement, language: Language) -> str:
    return day_text(day, statement.month.calendar, language)
