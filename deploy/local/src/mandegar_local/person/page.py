"""The page of an export: a table for each kind of rows, which is read in a browser without a network."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import Any

import orjson
from persiantools.jdatetime import JalaliDateTime

# The page shows so many rows of a table; the JSON has all.
ROWS_MAX = 1_000
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_HEAD = """<!doctype html>
<html lang="{lang}" dir="{direction}"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{{font-family:sans-serif;margin:2em}}table{{border-collapse:collapse;margin-bottom:2em}}
td,th{{border:1px solid #bbb;padding:.25em .6em;text-align:start;vertical-align:top}}</style></head><body>
"""


def export_page(exports: Iterable[Mapping[str, Any]], shop: str, locale: str) -> Iterator[str]:
    """The page of what some services hold of one person, in pieces. Every value is text, in its own direction."""
    persian = locale.startswith("fa")
    title = f"Export · {shop}"
    direction = "rtl" if persian else "ltr"
    yield _HEAD.format(lang=escape(locale), direction=direction, title=escape(title))
    yield f"<h1>{escape(title)}</h1>\n"
    for export in exports:
        ids = ", ".join(f"<bdi>{escape(str(id_))}</bdi>" for id_ in export["ids"])
        yield f"<h2>{escape(str(export['service']))}</h2>\n<p>{ids} · {_value(export['as_of'], persian)}</p>\n"
        if export["erased_at"] is not None:
            yield f"<p>erased_at {_value(export['erased_at'], persian)}</p>\n"
        for name, rows in export["rows"].items():
            yield from _table(str(name), rows, persian=persian)
    yield "</body></html>\n"


def _table(name: str, rows: list[Mapping[str, Any]], *, persian: bool) -> Iterator[str]:
    if not rows:
        return
    columns = list(dict.fromkeys(column for row in rows for column in row))
    yield f"<h3>{escape(name)} ({len(rows):,})</h3>\n<table><tr>"
    yield "".join(f"<th>{escape(column)}</th>" for column in columns) + "</tr>\n"
    for row in rows[:ROWS_MAX]:
        yield "<tr>" + "".join(f"<td>{_value(row.get(column), persian)}</td>" for column in columns) + "</tr>\n"
    yield "</table>\n"
    if len(rows) > ROWS_MAX:
        yield f"<p>… {len(rows) - ROWS_MAX:,} more in the JSON.</p>\n"


def _value(value: Any, persian: bool) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        value = orjson.dumps(value).decode()
    elif _INSTANT.fullmatch(value):
        with suppress(ValueError, OverflowError):  # an id of the shop may look like an instant, and be none
            value = _instant(value, persian=persian)
    return f"<bdi>{escape(value)}</bdi>"


def _instant(text: str, *, persian: bool) -> str:
    at = datetime.fromisoformat(text).astimezone(UTC)
    if not persian:
        return f"{at:%Y-%m-%d %H:%M:%S} UTC"
    day = JalaliDateTime.to_jalali(at)  # type: ignore[no-untyped-call]
    return f"{day.year:04}/{day.month:02}/{day.day:02} {at:%H:%M:%S} UTC"
