"""Bounds on what a provider says: its texts are shortened to what can be stored and shown, its waits to a day."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

TEXT_MAX = 100
WAIT_MAX = timedelta(days=1)


def printable(text: str) -> str | None:
    """The printable characters of a text, at most ``TEXT_MAX`` of them; None if there are none.

    Not printable are NUL, which PostgreSQL refuses, lone surrogates, which no encoder takes, and line breaks.
    """
    return "".join(letter for letter in text[: 2 * TEXT_MAX] if letter.isprintable())[:TEXT_MAX] or None


def reference(value: object) -> str | None:
    """A provider's id of a message: a text, or a number of at most 64 bits. None for anything else."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63:
        return str(value)
    return None


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait that ``Retry-After`` asks for, at most ``WAIT_MAX``; None if there is none or it cannot be read.

    A date counts from the ``Date`` of the same answer, so that the provider's clock is compared with itself.
    """
    text = headers.get("retry-after", "").strip()[:TEXT_MAX]
    if text.isascii() and text.isdecimal():
        return min(timedelta(seconds=min(int(text), WAIT_MAX.total_seconds())), WAIT_MAX)
    until, said_at = _date(text), _date(headers.get("date", "")[:TEXT_MAX])
    if until is None or said_at is None:
        return None
    return min(max(until - said_at, timedelta()), WAIT_MAX)


def _date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant if instant.tzinfo else None
