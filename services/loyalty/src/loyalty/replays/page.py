"""The page of a replay: tables and plots, without scripts, to be read or printed."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, Final

from persiantools.jdatetime import JalaliDateTime

from loyalty.domain.guards import COST_SHARE
from loyalty.replays.words import WORDS, Language, day, money, month, number, share, tier
from mandegar.quantities import decimal_of

STYLE: Final = """
:root{--before:#64748b;--after:#0f766e;--line:#e2e8f0;--ink:#0f172a;--soft:#475569}
body{font:15px/1.6 Vazirmatn,system-ui,Tahoma,sans-serif;color:var(--ink)}
body{max-width:60rem;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;margin:0 0 .2rem}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
p{color:var(--soft);margin:.3rem 0}table{border-collapse:collapse;width:100%}
th,td{padding:.35rem .7rem;border-bottom:1px solid var(--line);text-align:start;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
thead th{color:var(--soft);font-weight:600;white-space:normal}
tbody th{font-weight:400}tfoot td,tfoot th{font-weight:600}
.more{color:#0f766e}.less{color:#b91c1c}
figure{margin:1rem 0 1.6rem;break-inside:avoid}figcaption{font-weight:600;margin-bottom:.4rem}
.plot{direction:ltr;display:grid;grid-template-columns:max-content 1fr;column-gap:.6rem}
.scale{display:flex;flex-direction:column;justify-content:space-between;color:var(--soft);font-size:.8rem;text-align:end}
.plot img{width:100%;height:11rem;display:block;border-bottom:1px solid #94a3b8}
.months{grid-column:2;display:flex;color:var(--soft);font-size:.8rem}
.months span{flex:1 1 0;min-width:0;white-space:nowrap;display:flex;justify-content:center}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-inline:0 .35rem;vertical-align:-1px}
.key.b{background:var(--before)}.key.a{background:var(--after)}.legend span{margin-inline-end:1.4rem}
.note{border-inline-start:3px solid var(--line);padding-inline-start:.8rem;margin-top:2rem;font-size:.9rem}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem;align-items:start}
.two>*{min-width:0}.two th,.two td{padding:.35rem .4rem}
@media(max-width:44rem){.two{grid-template-columns:1fr}table{display:block;overflow-x:auto}}
@media print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}tr{break-inside:avoid}}
"""
_POINTS: Final = ("given", "taken", "expired", "spent")
_LABELS_MAX = 7
_SIDES: Final = (("live", "before"), ("other", "after"))


class Page:
    """The page in one language. ``plots`` are SVG texts of the months of the language's calendar."""

    def __init__(self, result: Mapping[str, Any], plots: Mapping[str, str], language: Language) -> None:
        self._result, self._plots, self._language = result, plots, language
        self._currency: str = result["currency"]
        self._words = WORDS[language]

    def html(self) -> str:
        """The whole document."""
        direction = "rtl" if self._language == "fa" else "ltr"
        return (
            f'<!doctype html><html lang="{self._language}" dir="{direction}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
            f"<title>{self._words['title']}</title><style>{STYLE}</style></head><body>"
            + "".join(self._parts())
            + "</body></html>\n"
        )

    def _parts(self) -> Iterator[str]:
        words, result = self._words, self._result
        yield f"<h1>{words['title']}</h1>{self._span()}"
        if not result["difference"] and not result["gain"] and not result["lose"]:
            yield f"<p><strong>{words['nothing']}</strong></p>"
        yield f"<h2>{words['summary']}</h2>{self._summary()}"
        yield f"<h2>{words['months']}</h2>"
        yield (
            f'<p class="legend"><span><i class="key b"></i>{words["live"]}</span>'
            f'<span><i class="key a"></i>{words["other"]}</span></p>'
        )
        yield from (self._plot(name) for name in ("given", "kept") if result["months"])
        yield self._months()
        yield f"<h2>{words['tiers']}</h2>" + '<div class="two">' + self._tiers() + self._moves() + "</div>"
        yield from self._budgets()
        yield from self._guards()
        yield '<div class="two">' + self._customers("winners") + self._customers("losers") + "</div>"
        yield f'<p class="note">{words["note"]}</p>'

    def _span(self) -> str:
        words, result = self._words, self._result
        since = words["beginning"] if result["from"] is None else self._day(result["from"])
        counts = " · ".join(
            f"{words[name]}: {number(result[name], self._language)}" for name in ("customers", "orders")
        )
        revenue = f"{words['revenue']}: {money(decimal_of(result['revenue']), self._currency, self._language)}"
        until = f"{words['as_of']} {self._day(result['as_of'])}"
        return f"<p>{words['since']} {since} · {until}<br>{counts} · {revenue}</p>"

    def _summary(self) -> str:
        before, after = self._result["before"], self._result["after"]
        rows = [self._points(name, before["points"][name], after["points"][name]) for name in _POINTS]
        rows.append(self._points("outstanding", _outstanding(before), _outstanding(after)))
        if before["outstanding"]["debt"] or after["outstanding"]["debt"]:
            rows.append(self._points("debt", before["outstanding"]["debt"], after["outstanding"]["debt"]))
        for name in ("liability", "cost"):
            if before[name] is not None and after[name] is not None:
                was, now = decimal_of(before[name]), decimal_of(after[name])
                texts = [money(each, self._currency, self._language) for each in (was, now)]
                change = money(now - was, self._currency, self._language, signed=True)
                rows.append(self._row(name, *texts, self._coloured(change, now - was)))
        if before["cost_share"] is not None and after["cost_share"] is not None:
            was, now = decimal_of(before["cost_share"]), decimal_of(after["cost_share"])
            change = share(now - was, self._language, signed=True)
            texts = [share(each, self._language) for each in (was, now)]
            rows.append(self._row("cost_share", *texts, self._coloured(change, now - was)))
        return self._table(["", "live", "other", "difference"], rows)

    def _points(self, name: str, was: int, now: int) -> str:
        change = self._coloured(number(now - was, self._language, signed=True), now - was)
        return self._row(name, number(was, self._language), number(now, self._language), change)

    def _row(self, name: str, *cells: str) -> str:
        return f"<tr><th>{self._words[name]}</th>" + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"

    def _table(self, heads: Sequence[str], rows: Sequence[str]) -> str:
        cells = [
            f"<th{' class=n' if place else ''}>{self._words[head] if head else ''}</th>"
            for place, head in enumerate(heads)
        ]
        return f"<table><thead><tr>{''.join(cells)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def _plot(self, name: str) -> str:
        months = self._result["months"]
        top = max(1, *(each[side][name] for each in months for side in ("before", "after")))
        step = -(-len(months) // _LABELS_MAX)
        names = [month(each["month"], self._language) for each in months]
        labels = "".join(f"<span>{'' if place % step else name}</span>" for place, name in enumerate(names))
        image = b64encode(self._plots[name].encode()).decode()
        caption = self._words[f"plot_{name}"]
        return (
            f'<figure><figcaption>{caption}</figcaption><div class="plot"><div class="scale">'
            f"<span>{number(top, self._language)}</span><span>{number(0, self._language)}</span></div>"
            f'<img alt="{caption}" src="data:image/svg+xml;base64,{image}"><div class="months">{labels}</div>'
            "</div></figure>"
        )

    def _months(self) -> str:
        heads = ("month", "orders", "revenue", "live", "other", "difference")
        rows = []
        for each in self._result["months"]:
            was, now = each["before"]["given"], each["after"]["given"]
            cells = (
                number(each["orders"], self._language),
                money(decimal_of(each["revenue"]), self._currency, self._language),
                number(was, self._language),
                number(now, self._language),
                self._coloured(number(now - was, self._language, signed=True), now - was),
            )
            values = "".join(f'<td class="n">{cell}</td>' for cell in cells)
            rows.append(f"<tr><th>{month(each['month'], self._language)}</th>{values}</tr>")
        return f"<p>{self._words['plot_given']}</p>" + self._table(heads, rows)

    def _tiers(self) -> str:
        before, after = self._result["before"]["tiers"], self._result["after"]["tiers"]
        rows = []
        for name in sorted({*before, *after}, key=lambda each: (-before.get(each, 0), each)):
            was, now = before.get(name, 0), after.get(name, 0)
            cells = (number(was, self._language), number(now, self._language))
            values = "".join(f'<td class="n">{cell}</td>' for cell in cells)
            rows.append(f"<tr><th><bdi>{escape(tier(name, self._language))}</bdi></th>{values}</tr>")
        return self._table(("tier", "live", "other"), rows)

    def _moves(self) -> str:
        moves = self._result["tier_moves"]
        if not moves:
            return f"<p>{self._words['nobody_moves']}</p>"
        rows = [
            f"<tr><td><bdi>{escape(tier(move['before'], self._language))}</bdi></td>"
            f'<td class="n"><bdi>{escape(tier(move["after"], self._language))}</bdi></td>'
            f'<td class="n">{number(move["customers"], self._language)}</td></tr>'
            for move in moves
        ]
        return f"<div><p>{self._words['moves']}</p>" + self._table(("live", "other", "customers"), rows) + "</div>"

    def _budgets(self) -> Iterator[str]:
        sides = self._result.get("budgets", {})
        rows = [self._budget(side, each) for side, name in _SIDES for each in sides.get(name, ())]
        if rows:
            yield f"<h2>{self._words['budgets']}</h2>"
            yield self._table(("budget", "", "given", "refused", "ended"), rows)

    def _budget(self, side: str, each: Mapping[str, Any]) -> str:
        ended = self._day(each["ended"][-1]["day"]) if each["ended"] else "–"
        cells = [self._words[side], *(number(each[name], self._language) for name in ("given", "refused")), ended]
        values = "".join(f'<td class="n">{cell}</td>' for cell in cells)
        return f"<tr><th><bdi>{escape(each['budget'])}</bdi></th>{values}</tr>"

    def _guards(self) -> Iterator[str]:
        rows = [self._guard(each) for each in self._result.get("guards", ())]
        if rows:
            yield f"<h2>{self._words['guards']}</h2>{self._table(('guard', 'limit', 'found', ''), rows)}"

    def _guard(self, each: Mapping[str, Any]) -> str:
        limit, found = (None if each[name] is None else decimal_of(each[name]) for name in ("limit", "found"))
        texts = [
            "–"
            if amount is None
            else share(amount, self._language)
            if each["guard"] == COST_SHARE
            else money(amount, self._currency, self._language)
            for amount in (limit, found)
        ]
        verdict = "broken" if each["broken"] else "within"
        css = "less" if each["broken"] else "more"
        return self._row(each["guard"], *texts, f'<bdi class="{css}">{self._words[verdict]}</bdi>')

    def _customers(self, side: str) -> str:
        words, name = self._words, "gain" if side == "winners" else "lose"
        told = words["gaining" if name == "gain" else "losing"].format(number(self._result[name], self._language))
        customers = self._result[side]
        rows = []
        for each in customers:
            cells = (number(each["before"], self._language), number(each["after"], self._language))
            change = self._coloured(number(each["difference"], self._language, signed=True), each["difference"])
            values = "".join(f'<td class="n">{cell}</td>' for cell in (*cells, change))
            rows.append(f"<tr><th><bdi>{escape(each.get('customer_id', '…'))}</bdi></th>{values}</tr>")
        table = self._table(("customer", "live", "other", "difference"), rows) if rows else ""
        hidden = f"<p>{words['hidden']}</p>" if customers and "customer_id" not in customers[0] else ""
        return f"<div><h2>{words[name]}</h2><p>{told}</p>{table}{hidden}</div>"

    @staticmethod
    def _coloured(text: str, change: Decimal | int) -> str:
        css = "more" if change > 0 else "less" if change < 0 else "same"
        return f'<bdi class="{css}">{text}</bdi>'

    def _day(self, instant: str) -> str:
        at = datetime.fromisoformat(instant)
        if self._language == "fa":
            jalali = JalaliDateTime(at)  # type: ignore[no-untyped-call]
            return f"<bdi>{day(f'{jalali.year:04}/{jalali.month:02}/{jalali.day:02}', 'fa')}</bdi>"
        return f"<bdi>{at:%Y-%m-%d}</bdi>"


def _outstanding(side: Mapping[str, Any]) -> int:
    points = side["outstanding"]
    total: int = points["available"] + points["pending"] + points["held"]
    return total
