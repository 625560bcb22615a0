"""Amounts of a log as people and programs write them. They become floats, so any digits behind a point will do."""

import re
from math import isfinite
from typing import Final

from churn.backtest.broken import WrongField
from mandegar.events.addresses import ascii_digits
from mandegar.events.written import trimmed
from mandegar.events.written_number import Mark, plain_number

NUMBER_MAX: Final = 1e20
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_UNIT = "[A-Z]{3}|[$€£¥₺₽₹﷼]|ریال|تومان|تومن"
_WITH_UNIT = re.compile(rf"(?P<sign>[-+]?)(?P<before>{_UNIT})?\s*(?P<number>[^A-Z$€£¥₺₽₹﷼]+?)\s*(?P<behind>{_UNIT})?")
# Thousands where a comma stands before fractions, a fraction where a point does.
_EITHER = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_AMBIGUOUS = "can be read as thousands or as a fraction; say which mark stands before fractions: DECIMAL=. or DECIMAL=,"


class UnclearAmounts(ValueError):
    """The amounts of a file do not tell which mark stands before fractions."""


def number_of(text: str, column: str, mark: Mark | None) -> float:
    """The number in a text, without a unit; raises ``WrongField``.

    ``mark`` stands before fractions; without one a point alone does, and a comma has to tell by itself.
    """
    value = float(text) if mark != "," and _FLOAT.fullmatch(text) else _written(text, column, mark)
    if not isfinite(value) or abs(value) > NUMBER_MAX:
        raise WrongField(column, "is larger than any amount", text)
    return value


class Amounts:
    """The amounts of one file. They have one unit, or none; and one mark before fractions."""

    def __init__(self, mark: Mark | None) -> None:
        """``mark``: which one stands before fractions, None if the amounts have to tell."""
        self._mark = mark
        self._unit = ""
        self._comma = self._either = ""

    def read(self, text: str) -> float:
        """An amount; raises ``WrongField``."""
        number = text if _FLOAT.fullmatch(text) else self._without_unit(text)
        value = number_of(number, "amount", self._mark)
        if value < 0:
            raise WrongField("amount", "is below 0", text)
        if self._mark is None:
            if "," in number and plain_number(number, ".") is None:
                self._comma = self._comma or text
            elif not self._either and _EITHER.fullmatch(number):
                self._either = text
        return value

    def check(self) -> None:
        """Raise ``UnclearAmounts`` if some have a comma before fractions, and points in others may be either."""
        if self._comma and self._either:
            raise UnclearAmounts(
                f"Amounts such as {self._comma!r} have a comma before their fraction, and {self._either!r} can be read "
                "as thousands or as a fraction: say DECIMAL=. or DECIMAL=, (the mark before fractions)."
            )

    def _without_unit(self, text: str) -> str:
        plain = ascii_digits(trimmed(text))
        parts = _WITH_UNIT.fullmatch(plain)
        if parts is None:
            return plain
        unit = parts["before"] or parts["behind"] or ""
        if unit and self._unit and unit != self._unit:
            raise WrongField("amount", f"is not in {self._unit}, as the first one with a unit", text)
        self._unit = self._unit or unit
        return parts["sign"] + parts["number"]


def _written(text: str, column: str, mark: Mark | None) -> float:
    plain = ascii_digits(trimmed(text))
    as_point = plain if mark != "," else plain.replace(",", ".") if "." not in plain else ""
    if _FLOAT.fullmatch(as_point):
        return float(as_point)
    marks: tuple[Mark, ...] = (".", ",") if mark is None else (mark,)
    found = {float(number) for each in marks if (number := plain_number(plain, each)) is not None}
    if len(found) > 1:
        raise WrongField(column, _AMBIGUOUS, text)
    if not found:
        said = "" if mark is None else f" with {mark} before its fraction"
        raise WrongField(column, f"is no number{said}", text)
    return found.pop()
