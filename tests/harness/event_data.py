"""Events of every registered type, as hypothesis draws them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from msgspec import Meta, Struct

from mandegar.events import TYPES, Event

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
amounts = st.decimals(0, Decimal("1e15"), allow_nan=False, allow_infinity=False)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: words,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    Decimal: amounts,
    datetime: instants,
    date: st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    UUID: st.uuids(),
    type(None): st.none(),
    # whatever JSON has
    Any: st.none() | st.booleans() | words | st.lists(words, max_size=3),
}


@cache
def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation that stands in a struct of ``mandegar.events``."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _within(arguments[0], annotation.__metadata__[0])
    if origin in {Union, UnionType}:
        return st.one_of(*map(values, arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    if issubclass(annotation, Struct):
        return structs(annotation)
    raise TypeError(f"events have no values of {annotation!r} yet: teach this file")


def _within(plain: Any, meta: Meta) -> st.SearchStrategy[Any]:
    """Values of a type within the bounds that a field sets."""
    if meta.pattern:
        return st.from_regex(meta.pattern, fullmatch=True).map(str.strip)
    if plain is int:
        return st.integers(
            -(2**63) if meta.ge is None else int(meta.ge), 2**63 - 1 if meta.le is None else int(meta.le)
        )
    if plain is float and meta.ge is not None:
        return st.floats(float(meta.ge), float(meta.le or 0), allow_nan=False)
    return values(plain)


def structs(data: type[Struct]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(data, include_extras=True)
    return st.builds(data, **{name: values(hint) for name, hint in hints.items()})


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event of any registered type."""
    type_ = draw(st.sampled_from(sorted(TYPES)))
    return Event(
        id=draw(st.uuids()),
        source=draw(words),
        type=type_,
        time=draw(instants),
        shop=draw(words),
        recorded_time=draw(instants),
        customer_id=draw(st.none() | words),
        hops=draw(st.integers(0, 9)),
        causation_id=draw(st.none() | st.uuids()),
        correlation_id=draw(st.none() | st.uuids()),
        backfill=draw(st.booleans()),
        traceparent=draw(st.none() | words),
        data=draw(structs(TYPES[type_])),
    )
