"""Which attributes of customers other services receive: those that the shop has declared, as values of their types.

Attributes are whatever a shop knows of its customers, so a text that is none of the declared words may be anything.
"""

import re
from collections.abc import Callable
from datetime import date
from types import MappingProxyType

from mandegar.events.addresses import ascii_digits
from mandegar.events.identity import is_opaque
from mandegar.events.ingest import AttributeType

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# A number with more digits, not counting zeros at its ends, is most likely one of a phone, a card or a passport.
DIGITS_MAX = 8
NUMBER_MAX = 40
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DAYS = (date(1900, 1, 1), date(2100, 1, 1))


def published_value(text: str, type_: AttributeType) -> str | None:
    """The text of a value as it is published; None if it is not of the type."""
    if not isinstance(type_, str):
        return text if text in type_ else None
    reader = READERS.get(type_)
    return None if reader is None else reader(text)


def _number(text: str) -> str | None:
    """The number, its fraction cut so that ``DIGITS_MAX`` digits are left."""
    text = ascii_digits(text)
    if len(text) > NUMBER_MAX or not _NUMBER.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    digits = whole.lstrip("-")
    if len(digits.rstrip("0")) > DIGITS_MAX:
        return None
    fraction = fraction[: max(0, DIGITS_MAX - len(digits))].rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _boolean(text: str) -> str | None:
    word = text.lower()
    return word if word in ("true", "false") else None


def _date(text: str) -> str | None:
    try:
        day = date.fromisoformat(ascii_digits(text))
    except ValueError:
        return None
    return day.isoformat() if _DAYS[0] <= day <= _DAYS[1] else None


def _word(text: str) -> str | None:
    return text if is_opaque(text) else None


READERS: MappingProxyType[str, Callable[[str], str | None]] = MappingProxyType(
    {"number": _number, "boolean": _boolean, "date": _date, "word": _word}
)
