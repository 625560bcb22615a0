"""From a raw row, which is text by column, to typed values by their meaning, or what is wrong with it by column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias, cast

from ingest.domain.amounts import UNITS, factor, money
from ingest.domain.customer_ids import ID_FORM, is_id
from ingest.domain.documents import Value as Json
from ingest.domain.file_rows import instants, values
from ingest.domain.file_rows.row_error import RowError, WrongValue
from ingest.domain.file_rows.targets import ATTRIBUTE, TARGETS, Form, Kind
from ingest.domain.outcomes import Refused
from ingest.domain.sources import Source
from mandegar.events.written import is_written, plain_id, trimmed
from mandegar.events.written_calendar import Calendar
from mandegar.events.written_number import Mark

Value: TypeAlias = str | Decimal | datetime | date | int | bool | tuple[str, ...] | list[Json]
Fields: TypeAlias = dict[str, Value]
# What stands for nothing in exports.
_NOTHING = frozenset({"", "-", "—", "null", "NULL", "None", "N/A", "n/a", "#N/A"})
# What decoding put for bytes that it could not read.
UNDECODABLE = "\ufffd"
TEXT_MAX = 2_000
_UNIT_WORDS = MappingProxyType(
    {"تومان": "IRT", "تومن": "IRT", "toman": "IRT", "tomans": "IRT"}
    | {"ریال": "IRR", "rial": "IRR", "rials": "IRR", "﷼": "IRR"}
)


@dataclass(frozen=True, kw_only=True)
class RowOptions:
    """How rows are read. ``source`` has the currency and zone of the shop, and the unit of amounts without one.

    ``mark`` stands before fractions; None: each number has to tell. ``statuses`` explains words of the shop.
    """

    source: Source
    now: datetime
    calendar: Calendar = "auto"
    mark: Mark | None = None
    statuses: Mapping[str, values.Status] = field(default_factory=dict)

    @cached_property
    def plain_statuses(self) -> "MappingProxyType[str, values.Status]":
        return MappingProxyType({values.plain_word(word): status for word, status in self.statuses.items()})


def read_row(
    kind: Kind, raw: Mapping[str, Json], columns: Mapping[str, str], options: RowOptions
) -> tuple[Fields, list[RowError]]:
    """The values of a row by target, without those that are empty, and its errors. ``columns`` names the columns."""
    fields: Fields = {}
    errors: list[RowError] = []
    for target, column in columns.items():
        value = raw.get(column)
        if value is None or (isinstance(value, str) and trimmed(value) in _NOTHING):
            continue
        form: Form = "text" if target.startswith(ATTRIBUTE) else TARGETS[kind][target].form
        try:
            fields[target] = _READERS[form](value, options)
        except WrongValue as wrong:
            errors.append(RowError(column, wrong.code, f"{target} {wrong.detail}"))
    errors += _in_the_shops_currency(kind, fields, columns, options, errors)
    return fields, errors


def missing(fields: Mapping[str, Value], columns: Mapping[str, str], group: Sequence[str]) -> RowError | None:
    """What is wrong if a row has none of a group of values."""
    if any(target in fields for target in group):
        return None
    there = [target for target in group if target in columns]
    column = columns[there[0]] if len(there) == 1 else None
    return RowError(column, "missing_value", f"{' or '.join(there or group)} is missing")


def _in_the_shops_currency(
    kind: Kind, fields: Fields, columns: Mapping[str, str], options: RowOptions, before: Sequence[RowError]
) -> list[RowError]:
    """Convert the amounts of a row, or take them out of it if nobody knows what they are worth."""
    errors: list[RowError] = []
    amounts = [target for target in fields if target in TARGETS[kind] and TARGETS[kind][target].form == "amount"]
    if not amounts:
        return errors
    named = fields.get("currency")
    currency = columns.get("currency")
    times = None
    if currency is None or all(error.column != currency for error in before):
        try:
            times = factor(None if named is None else str(named), options.source)
        except Refused:
            errors.append(RowError(currency, "wrong_currency", _currency_form(options.source)))
    if times is None:
        for target in amounts:
            del fields[target]
        return errors
    for target in amounts:
        try:
            fields[target] = money(cast("Decimal", fields[target]), target, times)
        except Refused as refused:
            del fields[target]
            errors.append(RowError(columns[target], refused.code, refused.detail))
    fields["currency"] = options.source.shop.currency
    return errors


def _currency_form(source: Source) -> str:
    currency, unit = source.shop.currency, source.unit
    units = [] if unit in (None, currency) else [f"or {unit}, the unit of this file"]
    if not units and currency == "IRR":
        units = [f"; for {' or '.join(UNITS)} set it as the unit"]
    return " ".join([f"currency must be {currency}, the currency of the shop", *units]).replace(" ;", ";")


def _text(value: Json, _: RowOptions) -> str:
    if not isinstance(value, str | bool):
        raise WrongValue("bad_value", "must be a text or a number, not a list or an object")
    text = trimmed(str(value))
    if UNDECODABLE in text:
        raise WrongValue("bad_encoding", "has bytes that are not of the encoding of the file")
    if len(text) > TEXT_MAX:
        raise WrongValue("bad_value", f"has more than {TEXT_MAX} characters")
    return text


def _line(value: Json, options: RowOptions) -> str:
    text = _text(value, options)
    if not is_written(text):
        raise WrongValue("bad_value", "has a control character or a line break")
    return text


def _id(value: Json, options: RowOptions) -> str:
    text = plain_id(_text(value, options))
    if not is_id(text):
        raise WrongValue("bad_id", f"must have {ID_FORM}")
    return text


def _number_text(value: Json) -> str:
    """The text of a number; one of JSON stays one, which says what its mark means."""
    if isinstance(value, str) and UNDECODABLE not in value:
        return value
    raise WrongValue("bad_amount", "must be a number")


def _version(value: Json, options: RowOptions) -> int:
    return values.whole_number_of(_number_text(value), options.mark)


def _points(value: Json, options: RowOptions) -> int:
    points = values.whole_number_of(_number_text(value), options.mark)
    if points < 0:
        raise WrongValue("bad_number", "must not be negative")
    return points


def _currency(value: Json, options: RowOptions) -> str:
    text = _line(value, options)
    return _UNIT_WORDS.get(values.plain_word(text), text.upper())


def _words(value: Json, options: RowOptions) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else _line(value, options).replace("،", ",").replace("|", ",").split(",")
    return tuple(word for part in parts if (word := _line(part, options)))


def _items(value: Json, _: RowOptions) -> list[Json]:
    if not isinstance(value, list):
        raise WrongValue("bad_value", "must be a list of objects, which JSON lines can have")
    return value


_READERS: Mapping[Form, Callable[[Json, RowOptions], Value]] = MappingProxyType(
    {
        "id": _id,
        "text": _line,
        "instant": lambda value, options: instants.instant_of(
            _text(value, options), zone=options.source.shop.zone, calendar=options.calendar, now=options.now
        ),
        "end": lambda value, options: instants.end_of(
            _text(value, options), zone=options.source.shop.zone, calendar=options.calendar, now=options.now
        ),
        "day": lambda value, options: instants.day_of(_text(value, options), calendar=options.calendar),
        "amount": lambda value, options: values.number_of(_number_text(value), options.mark),
        "quantity": lambda value, options: values.number_of(_number_text(value), options.mark),
        "points": _points,
        "version": _version,
        "currency": _currency,
        "consent": lambda value, options: values.consent_of(_text(value, options)),
        "boolean": lambda value, options: values.boolean_of(_text(value, options)),
        "status": lambda value, options: values.status_of(_text(value, options), options.plain_statuses),
        "items": _items,
        "words": _words,
    }
)
