"""Passes many rows to a statement as one JSON argument, which ``json_to_recordset`` reads.

With an array per column the driver encodes every element in Python. From about five columns on, a JSON document costs
a sixth of that in the process, and less in total, PostgreSQL's part included (``docs/benchmarks.md``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import Struct
from msgspec.json import Encoder

_ENCODER = Encoder(decimal_format="string", uuid_format="hex")


_SQL_TYPES: Mapping[object, str] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    Decimal: "numeric",
    UUID: "uuid",
    datetime: "timestamptz",
    date: "date",
    timedelta: "interval",
}


# The customers of ``keys_as_json``, as rows of a statement.
KEYS: Final = "json_to_recordset($1::json) AS w(shop text, customer_id text)"


class _Key(Struct, frozen=True):
    shop: str
    customer_id: str


def columns(row: type, *, leaving_out: Sequence[str] = ()) -> str:
    """The comma-separated columns of a row class (struct, dataclass or named tuple), for INSERT and SELECT."""
    return ", ".join(name for name in get_type_hints(row) if name not in leaving_out)


def record_set(row: type, **types: str) -> str:
    """``json_to_recordset($1::json) AS w(…)`` with the columns of the row class; its argument is ``as_json(rows)``.

    Column types follow from the annotations: lists and tuples of scalars become arrays, everything else that is not a
    scalar becomes jsonb. ``types`` overrides them by column. Call it at import time, once per statement.
    """
    listed = ", ".join(f"{name} {types.get(name) or _sql_type(hint)}" for name, hint in get_type_hints(row).items())
    return f"json_to_recordset($1::json) AS w({listed})"


def _sql_type(hint: Any) -> str:
    if hint in _SQL_TYPES:
        return _SQL_TYPES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        [wanted] = {_sql_type(argument) for argument in arguments if argument is not NoneType}
        return wanted
    if origin is Literal:
        return "text"
    if origin in {list, tuple, Sequence} and arguments[0] in _SQL_TYPES:
        return f"{_SQL_TYPES[arguments[0]]}[]"
    if isinstance(hint, type) and issubclass(hint, str):
        return "text"
    return "jsonb"


def as_json(rows: Sequence[object]) -> str:
    """The JSON argument for ``record_set``; rows are structs or dataclasses."""
    return _ENCODER.encode(rows).decode()


def keys_as_json(keys: Iterable[tuple[str, str]]) -> str:
    """The JSON argument for ``KEYS``."""
    return as_json([_Key(shop, customer_id) for shop, customer_id in keys])


def key_columns(keys: Collection[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """The two array arguments for ``unnest($1::text[], $2::text[])``: the shops and the ids of customers."""
    return [shop for shop, _ in keys], [customer_id for _, customer_id in keys]
