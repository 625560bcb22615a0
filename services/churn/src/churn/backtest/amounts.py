"""Amounts of a log as people and programs write them. They become floats, so any digits behind a point will do."""

import re
from array import array
from math import isfinite
from typing import Final

import numpy as np

from churn.backtest.broken import WrongField
from churn.fitting.likelihood import Floats
from mandegar.events.addresses import ascii_digits
from mandegar.events.written import trimmed
from mandegar.events.written_number import Mark, plain_number

NUMBER_MAX: Final = 1e20
_FLOAT = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_UNIT = "[A-Z]{3}|[$€£¥₺₽₹﷼]|ریال|تومان|تومن"
_WITH_UNIT = re.compile(rf"(?P<sign>[-+]?)(?P<before>{_UNIT})? ?(?P<number>[^A-Z$€£¥₺₽₹﷼]+?) ?(?P<behind>{_UNIT})?")
# Thousands where a comma stands before fractions, a fraction where a point does.
_EITHER = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
_THOUSAND: Final = 1000.0
_EITHER_WAY = "read as thousands or as a fraction"
_SAY = "say DECIMAL=. or DECIMAL=, (the mark before fractions)"


class UnclearAmounts(ValueError):
    """The amounts of a file do not tell which mark stands before fractions."""


def number_of(text: str, column: str, mark: Mark | None) -> float:
    """The number in a text, without a unit; raises ``WrongField``.

    ``mark`` stands before fractions; without one a point alone does, and a comma has to tell by itself. A point that
    stands before no group of three is one before a fraction, whatever was said.
    """
    plain = ascii_digits(trimmed(text))
    ways = _ways(plain)
    if mark is None and "," in plain and len({*ways.values()}) > 1:
        raise WrongField(column, f"can be {_EITHER_WAY}; {_SAY}", text)
    value = next(iter(ways.values()), None) if mark is None else ways.get(mark)
    if value is None and mark == ",":
        as_point = plain if "." in plain else plain.replace(",", ".")
        value = float(as_point) if _FLOAT.fullmatch(as_point) else None
    if value is None:
        said = "" if mark is None else f" with {mark} before its fraction"
        raise WrongField(column, f"is no number{said}", text)
    return _in_bounds(value, column, text)


class Amounts:
    """The amounts of one file. They have one unit, or none; and one mark before fractions, which some of them prove.

    ``1,234`` and ``1.234`` may be either thousands or a fraction: they are held until all amounts are known.
    """

    def __init__(self, mark: Mark | None) -> None:
        """``mark``: which one stands before fractions, None if the amounts have to tell."""
        self._mark = mark
        self._unit = ""
        # Those that may be either are here as a point before fractions would have them.
        self._values = array("d")
        self._either: dict[str, array[int]] = {".": array("q"), ",": array("q")}
        # The first text of its kind: that proves a mark, and that has one and may be either.
        self._proofs: dict[Mark, str] = {}
        self._unproved: dict[str, str] = {}

    def add(self, text: str) -> None:
        """Take in the next amount; raises ``WrongField``."""
        number = text if _FLOAT.fullmatch(text) else self._without_unit(text)
        ways = {} if self._mark else _ways(number)
        first = next(iter(ways.values()), None)
        value = number_of(number, "amount", self._mark) if first is None else _in_bounds(first, "amount", number)
        if value < 0:
            raise WrongField("amount", "is below 0", text)
        if len({*ways.values()}) > 1:
            written = "," if "," in number else "."
            self._either[written].append(len(self._values))
            self._unproved.setdefault(written, text)
        elif len(ways) == 1:
            self._proofs.setdefault(next(iter(ways)), text)
        self._values.append(value)

    def values(self) -> Floats:
        """All amounts; raises ``UnclearAmounts`` if some may be either, and no other one, or each of two, tells."""
        values: Floats = np.frombuffer(self._values, dtype=np.float64)
        if self._fraction() == ",":
            values[self._either["."]] = np.round(values[self._either["."]] * _THOUSAND)
            values[self._either[","]] /= _THOUSAND
        return values

    def _fraction(self) -> Mark:
        """What stands before fractions in those that may be either. A point does if nothing tells otherwise."""
        if self._mark is not None or not self._unproved or ("," not in self._unproved and not self._proofs):
            return "."
        if len(self._proofs) == 1:
            return next(iter(self._proofs))
        unproved = f"{next(iter(self._unproved.values()))!r} can be {_EITHER_WAY}"
        if not self._proofs:
            raise UnclearAmounts(f"Amounts such as {unproved}, and no other amount tells: {_SAY}.")
        raise UnclearAmounts(
            f"Amounts such as {self._proofs['.']!r} show a point before fractions, others such as "
            f"{self._proofs[',']!r} a comma, and {unproved}: {_SAY}."
        )

    def _without_unit(self, text: str) -> str:
        plain = " ".join(ascii_digits(trimmed(text)).split())
        parts = _WITH_UNIT.fullmatch(plain)
        if parts is None:
            return plain
        unit = parts["before"] or parts["behind"] or ""
        if unit and self._unit and unit != self._unit:
            raise WrongField("amount", f"is not in {self._unit}, as the first one with a unit", text)
        self._unit = self._unit or unit
        return parts["sign"] + parts["number"]


def _ways(plain: str) -> dict[Mark, float]:
    """What a number is by each mark before fractions with which it is one, the point first."""
    if _FLOAT.fullmatch(plain) and not _EITHER.fullmatch(plain):
        value = float(plain)
        return {".": value} if "." in plain else {".": value, ",": value}
    marks: tuple[Mark, ...] = (".", ",")
    ways = {mark: float(number) for mark in marks if (number := plain_number(plain, mark)) is not None}
    if len(ways) == len(marks) and plain.startswith("0") and "," in plain:
        del ways["."]  # no thousands begin with a zero
    return ways


def _in_bounds(value: float, column: str, text: str) -> float:
    if not isfinite(value) or abs(value) > NUMBER_MAX:
        raise WrongField(column, "is larger than any amount", text)
    return value
