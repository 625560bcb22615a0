"""Cursors of paged lists: the sort key of a page's last row, as text for a query parameter."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, TypeAlias, TypeVar
from urllib.parse import quote, unquote
from uuid import UUID

import orjson
from pydantic import AfterValidator, AwareDatetime

from mandegar.database import Row
from mandegar.web.problems import Problem

# An amount, an instant or an id on each side; an id of 200 characters has up to 2,400 when it is quoted.
CURSOR_MAX = 3000
PAGE_BYTES_MAX = 1024 * 1024
# For fields that an answer adds to a row.
ADDED_BYTES = 128

First = TypeVar("First")
Second = TypeVar("Second")


def write_cursor(first: datetime | Decimal | str, second: UUID | str) -> str:
    """The cursor of the page after a row with this sort key."""
    return f"{_text(first)}~{_text(second)}"


def read_cursor(
    text: str,
    first: Callable[[str], First],
    second: Callable[[str], Second],
    *,
    parameter: str = "cursor",
    code: str = "invalid_cursor",
) -> tuple[First, Second]:
    """The sort key in a cursor.

    ``first`` and ``second`` parse its two parts; if one raises ``ValueError`` or ``ArithmeticError``, raises a 422
    problem with ``code`` that names the query ``parameter``.
    """
    head, _, tail = text.partition("~") if len(text) <= CURSOR_MAX else ("", "", "")
    try:
        return first(unquote(head)), second(unquote(tail))
    except (ValueError, ArithmeticError):
        raise Problem(422, code, f"{parameter} must be a cursor from an earlier answer") from None


def stored_text(text: str) -> str:
    """The text in a part of a cursor; ``ValueError`` if PostgreSQL cannot store it."""
    if "\0" in text:
        raise ValueError("not a text that can be stored")
    return text


def cut(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], bool]:
    """The first of ``rows`` that have at most 1 MiB as JSON, and whether the list goes on behind them.

    There are ``limit`` rows at most. The first is always among them, so that a reader gets on.
    """
    size = 0
    for number, row in enumerate(rows):
        size += len(orjson.dumps(dict(row), default=str)) + ADDED_BYTES
        if size > PAGE_BYTES_MAX and number:
            return rows[:number], True
    return rows, len(rows) == limit


def instant(text: str) -> datetime:
    """The UTC time of an RFC 3339 text; one without a zone is taken as UTC."""
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def in_utc(instant: datetime) -> datetime:
    """The instant in UTC; raises ``ValueError`` where that is beyond the years 1 to 9999."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be an instant of the years 1 to 9999 in UTC") from None


# Of a request: with a time zone, and in UTC from there on.
Instant: TypeAlias = Annotated[AwareDatetime, AfterValidator(in_utc)]


def _text(value: datetime | Decimal | UUID | str) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return f"{value:f}"
    return quote(str(value), safe="")
