"""Cursors of lists: the sort key of a page's last row, as one short text that fits into a query."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote, unquote
from uuid import UUID

from mandegar.web.problems import Problem

First = TypeVar("First")
Second = TypeVar("Second")


def write_cursor(first: datetime | Decimal | str, second: UUID | str) -> str:
    """The cursor behind a row with this sort key."""
    return f"{_text(first)}~{_text(second)}"


def read_cursor(
    text: str,
    first: Callable[[str], First],
    second: Callable[[str], Second],
    *,
    parameter: str = "cursor",
    code: str = "invalid_cursor",
) -> tuple[First, Second]:
    """The sort key in the cursor of query parameter ``parameter``.

    ``first`` and ``second`` read its parts and raise ``ValueError``, ``ArithmeticError`` or ``OverflowError`` for
    what is none; the answer is then 422 with ``code``.
    """
    head, _, tail = text.partition("~")
    try:
        return first(unquote(head)), second(unquote(tail))
    except (ValueError, ArithmeticError):
        raise Problem(422, code, f"{parameter} must be a cursor from an earlier answer") from None


def instant(text: str) -> datetime:
    """An RFC 3339 instant in UTC; without a zone it is taken as UTC."""
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def _text(value: datetime | Decimal | UUID | str) -> str:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return f"{value:f}"
    return quote(str(value), safe="")
