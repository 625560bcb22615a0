"""Reads a condition of a segment from a YAML or JSON document, with every error by its path."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from churn.domain.orders import UNITS, units
from churn.domain.segments.conditions import Ago, All, AnyOf, Between, During, Known, Leaf, Node, Not, OneOf
from churn.domain.segments.contradictions import contradiction, why_impossible
from churn.domain.segments.fields import FIELDS, Field
from churn.domain.segments.periods import GREGORIAN, JALALI, LAST, Calendar, Unit, day_in
from mandegar.documents.nodes import Path, Value
from mandegar.events.addresses import ascii_digits
from mandegar.quantities import decimal_of, whole_of

DEPTH_MAX: Final = 8
CONDITIONS_MAX: Final = 60
WORDS_MAX: Final = 50
WORD_LENGTH_MAX: Final = 100
# A century; more would only be beyond all calendars.
AGO_MAX: Final[Mapping[Unit, int]] = {"days": 36_600, "months": 1_200, "years": 100}
NUMBER_MAX: Final = 10**15

_GROUPS: Final = ("all", "any", "not")
_BOUNDS: Final = ("at_least", "at_most", "more_than", "less_than")
_AGO: Final[Mapping[str, Unit]] = {"days_ago": "days", "months_ago": "months", "years_ago": "years"}
_DATE_KEYS: Final = (*_AGO, "on", "since", "before", "calendar", "known")
_BOOLEANS: Final = {"true": True, "false": False}


class Wrong(NamedTuple):
    """An error, and the path of what is wrong."""

    path: Path
    message: str


class ConditionReader:
    """Reads one condition; ``errors`` collects what is wrong with it."""

    def __init__(self) -> None:
        self.errors: list[Wrong] = []
        self._conditions = 0

    def read(self, value: Value, path: Path, depth: int = 0) -> Node:
        """The condition in a mapping, all of whose keys must hold; after an error any condition."""
        if depth >= DEPTH_MAX:
            return self._wrong(path, f"conditions are nested more than {DEPTH_MAX} deep")
        if not isinstance(value, dict) or not value:
            return self._wrong(path, "must be a mapping with a condition, such as orders: {at_least: 3}")
        before = len(self.errors)
        nodes = [node for key, inner in value.items() for node in self._keyed(key, inner, (*path, key), depth)]
        whole = All(tuple(nodes))
        if len(self.errors) == before and (why := contradiction(whole)):
            return self._wrong(path, why)
        return nodes[0] if len(nodes) == 1 else whole

    def _keyed(self, key: str, value: Value, path: Path, depth: int) -> list[Node]:
        if key in {"all", "any"}:
            return [self._group(key, value, path, depth)]
        if key == "not":
            return [Not(self.read(value, path, depth + 1))]
        field = FIELDS.get(key)
        if field is None:
            return [self._wrong(path, f"unknown; may be {', '.join((*_GROUPS, *FIELDS))}")]
        self._conditions += 1
        if self._conditions == CONDITIONS_MAX + 1:
            return [self._wrong(path, f"a segment has at most {CONDITIONS_MAX} conditions")]
        leaves = self._leaves(key, field, value, path)
        for leaf in leaves:
            if why := why_impossible(leaf):
                self._wrong(path, why)
        return [*leaves]

    def _group(self, key: str, value: Value, path: Path, depth: int) -> Node:
        if not isinstance(value, list) or not value:
            return self._wrong(path, "must be a list of conditions")
        before = len(self.errors)
        nodes = tuple([self.read(each, (*path, place), depth + 1) for place, each in enumerate(value)])
        if key == "any":
            return AnyOf(nodes)
        if len(self.errors) == before and (why := contradiction(All(nodes))):
            return self._wrong(path, why)
        return All(nodes)

    def _leaves(self, name: str, field: Field, value: Value, path: Path) -> list[Leaf]:
        if isinstance(value, dict) and "known" in value:
            return [*self._known(name, value, path), *self._rest(name, field, value, path)]
        match field.kind:
            case "word":
                return self._words(name, field, value, path)
            case "date":
                return self._dates(name, value, path)
        return self._numbers(name, field, value, path)

    def _known(self, name: str, value: dict[str, Value], path: Path) -> list[Leaf]:
        known = value["known"]
        if not isinstance(known, str) or known not in _BOOLEANS:
            self._wrong((*path, "known"), "must be true or false")
            return []
        return [Known(name, _BOOLEANS[known])]

    def _rest(self, name: str, field: Field, value: dict[str, Value], path: Path) -> list[Leaf]:
        """What is asked of a field beside whether it is known."""
        rest = {key: inner for key, inner in value.items() if key != "known"}
        if not rest:
            return []
        if field.kind == "word":
            self._wrong(path, "known stands alone where a word is asked for")
            return []
        return self._dates(name, rest, path) if field.kind == "date" else self._numbers(name, field, rest, path)

    def _words(self, name: str, field: Field, value: Value, path: Path) -> list[Leaf]:
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not 1 <= len(listed) <= WORDS_MAX:
            self._wrong(path, f"must be a word, or a list of 1 to {WORDS_MAX} words")
            return []
        words = []
        for place, word in enumerate(listed):
            at = path if isinstance(value, str) else (*path, place)
            if not isinstance(word, str) or not 1 <= len(word.strip()) <= WORD_LENGTH_MAX:
                self._wrong(at, f"must be a text of 1 to {WORD_LENGTH_MAX} characters")
            elif field.words and word not in field.words:
                self._wrong(at, f"must be {', '.join(field.words[:-1])} or {field.words[-1]}")
            else:
                words.append(word)
        return [OneOf(name, frozenset(words))]

    def _numbers(self, name: str, field: Field, value: Value, path: Path) -> list[Leaf]:
        is_money = field.kind == "money"
        lowest, highest = self._bounds(value, path, -NUMBER_MAX, NUMBER_MAX, is_money=is_money)
        return [Between(name, lowest, highest)]

    def _dates(self, name: str, value: Value, path: Path) -> list[Leaf]:
        if not isinstance(value, dict) or not value:
            self._wrong(path, f"must be a mapping with {', '.join(_DATE_KEYS)}")
            return []
        for key in value.keys() - set(_DATE_KEYS):
            self._wrong((*path, key), f"unknown; may be {', '.join(_DATE_KEYS)}")
        calendar = self._calendar(value.get("calendar", GREGORIAN), (*path, "calendar"))
        leaves: list[Leaf] = []
        for key, unit in _AGO.items():
            if key in value:
                lowest, highest = self._bounds(value[key], (*path, key), 0, AGO_MAX[unit])
                leaves.append(Ago(name, unit, calendar, lowest or 0, highest))
        first, end = 1, LAST
        if (day := self._day(value, "on", calendar, path)) is not None:
            first, end = day, day + 1
        if (day := self._day(value, "since", calendar, path)) is not None:
            first = max(first, day)
        if (day := self._day(value, "before", calendar, path)) is not None:
            end = min(end, day)
        if not {"on", "since", "before"}.isdisjoint(value):
            leaves.append(During(name, first, end))
        elif not leaves and value.keys() <= set(_DATE_KEYS):
            self._wrong(path, "says no days")
        return leaves

    def _bounds(
        self, value: Value, path: Path, least: int, most: int, *, is_money: bool = False
    ) -> tuple[int | None, int | None]:
        """The bounds that a number alone, or a mapping of bounds, states; both included."""
        if isinstance(value, str):
            exact = self._number(value, path, least, most, is_money=is_money)
            return exact, exact
        if not isinstance(value, dict) or not value:
            self._wrong(path, f"must be a number, or a mapping with {', '.join(_BOUNDS)}")
            return None, None
        for key in value.keys() - set(_BOUNDS):
            self._wrong((*path, key), f"unknown; may be {', '.join(_BOUNDS)}")
        stated = {
            key: number
            for key in _BOUNDS
            if key in value
            and (number := self._number(value[key], (*path, key), least, most, is_money=is_money)) is not None
        }
        lowest = [stated[key] + step for key, step in (("at_least", 0), ("more_than", 1)) if key in stated]
        highest = [stated[key] - step for key, step in (("at_most", 0), ("less_than", 1)) if key in stated]
        if highest and min(highest) < least:
            self._wrong(path, f"nothing is below {least}")
        return max(lowest, default=None), min(highest, default=None)

    def _number(self, value: Value, path: Path, least: int, most: int, *, is_money: bool) -> int | None:
        """A whole number, or an amount in units of money."""
        kind, text = "a number" if is_money else "a whole number", ascii_digits(value) if isinstance(value, str) else ""
        try:
            number = units(decimal_of(text)) if is_money else whole_of(text)
        except ValueError:
            number = None
        scale = UNITS if is_money else 1
        if number is None or not least * scale <= number <= most * scale:
            self._wrong(path, f"must be {kind} from {least} to {most}")
            return None
        return number

    def _calendar(self, value: Value, path: Path) -> Calendar:
        if value == JALALI:
            return JALALI
        if value != GREGORIAN:
            self._wrong(path, f"must be {GREGORIAN} or {JALALI}")
        return GREGORIAN

    def _day(self, value: dict[str, Value], key: str, calendar: Calendar, path: Path) -> int | None:
        if key not in value:
            return None
        text = value[key]
        parts = ascii_digits(text).split("-") if isinstance(text, str) else []
        try:
            year, month, day = map(whole_of, parts)
            if 1000 <= year <= 8000:
                return day_in(calendar, year, month, day)
        except (ValueError, OverflowError):
            pass
        self._wrong((*path, key), f"must be a day of the {calendar} calendar, such as {_EXAMPLES[calendar]}")
        return None

    def _wrong(self, path: Path, message: str) -> Node:
        self.errors.append(Wrong(path, message))
        return Known("orders", known=True)


_EXAMPLES: Final[Mapping[Calendar, str]] = {GREGORIAN: "2026-03-21", JALALI: "1405-01-01"}
