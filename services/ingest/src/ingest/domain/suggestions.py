"""What may be wrong with an event that was refused: single steps that are worth a try.

They are guesses. Whoever shows one has read the event again with it, and found that it is accepted then.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from ingest.domain.causes import place_of
from ingest.domain.documents import EACH, Document, Number, Path, Value, places
from ingest.domain.known_types import types_like
from ingest.domain.mapping import Move, Put, ReadNumber, ReadTime, Replace, Step, plain_time
from ingest.domain.outcomes import Refused
from mandegar.events.written import is_written
from mandegar.events.written_number import plain_number

# Other names of a field, as platforms and people write them; compared without case and separators.
_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "id": ("eventid", "messageid", "uuid", "guid", "key"),
        "type": ("event", "eventtype", "eventname", "name", "topic", "action"),
        "order_id": ("id", "order", "orderno", "ordernumber", "number", "invoiceid", "orderkey"),
        "refund_id": ("id", "refund", "refundno", "refundnumber", "number"),
        "total": (
            "amount",
            "totalprice",
            "totalamount",
            "grandtotal",
            "ordertotal",
            "price",
            "sum",
            "value",
            "payable",
        ),
        "amount": ("total", "refundamount", "value", "price", "sum"),
        "currency": ("currencycode", "curr", "currencyiso", "moneyunit"),
        "product_id": ("id", "product", "sku", "itemid"),
        "ticket_id": ("id", "ticket", "number"),
        "survey_id": ("id", "survey"),
        "rating": ("stars", "score", "rate"),
        "score": ("rating", "value", "answer"),
        "kind": ("type", "survey_type"),
    }
)
NAMES_MAX = 200
_CUSTOMERS = ("customerid", "userid", "clientid", "memberid", "accountid", "buyerid", "customernumber")
_OF_THE_EVENT = frozenset({("id",), ("type",), ("time",)})
_RIALS = frozenset({"rial", "rials", "ریال", "﷼", "irr", "ir"})
_MISSING = re.compile(r" is missing\b")
_SEPARATORS = re.compile(r"[\s_.-]+")
# Day before month, or month before day, where the numbers tell which; and what mail and browsers write.
_TIME_FORMS = (
    *(
        f"{day}{time}"
        for day in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y")
        for time in (" %H:%M:%S", " %H:%M", "")
    ),
    *(f"%Y/%m/%d{time}" for time in (" %H:%M:%S", " %H:%M", "")),
    *("%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%b %d, %Y", "%d %B %Y"),
)


def guesses(document: Document, refused: Refused, currency: str) -> Iterator[Step]:
    """Steps after which the event may be accepted, or be refused for something else; the likeliest first."""
    place = place_of(refused.code, refused.detail)
    if refused.code == "missing_customer":
        yield from _customers(document)
    elif refused.code == "missing_id":
        yield from _renamed(document, ("id",))
    elif place is None:
        return
    elif refused.code == "unknown_type":
        yield from _types(document)
    elif refused.code == "bad_time":
        yield from _times(document, place)
    elif refused.code == "wrong_currency":
        yield from _currencies(document, place, currency)
    elif refused.code == "bad_amount":
        yield from _numbers(document, place)
    elif _MISSING.search(refused.detail):
        yield from _renamed(document, place)


def _renamed(document: Document, place: Path) -> Iterator[Step]:
    """The field under another name: beside its place, or in front of the whole event."""
    wanted = _plain(place[-1])
    others = _NAMES.get(place[-1], ())
    for parent in dict.fromkeys((place[:-1], (), ("data",))):
        members = _members(document, parent)
        names = [name for name in members if _plain(name) == wanted and (*parent, name) != place]
        names += [name for other in others for name in members if _plain(name) == other]
        yield from (Move((*parent, name), place) for name in names if (*parent, name) not in _OF_THE_EVENT)


def _customers(document: Document) -> Iterator[Step]:
    for parent in ((), ("data",), ("customer",), ("user",), ("data", "user")):
        for name in _members(document, parent):
            if _plain(name) in _CUSTOMERS or (parent[-1:] == ("user",) and name == "id"):
                yield Move((*parent, name), ("customer", "id"))
    if isinstance(document.get("data"), dict) and "customer" in _members(document, ("data",)):
        yield Move(("data", "customer"), ("customer",))


def _types(document: Document) -> Iterator[Step]:
    type_ = document.get("type")
    if isinstance(type_, str) and not isinstance(type_, Number) and is_written(type_):
        for known in types_like(type_):
            yield Replace(("type",), {type_: known})
    elif type_ is None:
        yield from _renamed(document, ("type",))


def _currencies(document: Document, place: Path, currency: str) -> Iterator[Step]:
    for found in places(document, place):
        if found.is_empty:
            yield from _renamed(document, place)
            yield Put(place, currency, missing=True)
        elif isinstance(found.value, str):
            text = found.value.strip()
            if text.upper() == currency or (currency == "IRR" and text.lower() in _RIALS):
                yield Replace(place, {found.value: currency})


def _numbers(document: Document, place: Path) -> Iterator[Step]:
    """With the mark that the text shows. Three digits behind a single mark may be either, so nothing is guessed."""
    for found in places(document, place):
        if found.is_empty or not isinstance(found.value, str):
            continue
        point, comma = plain_number(found.value, "."), plain_number(found.value, ",")
        if point is not None and comma in (None, point):
            yield ReadNumber(place, ".")
        elif comma is not None and point is None:
            yield ReadNumber(place, ",")
        return


def _times(document: Document, place: Path) -> Iterator[Step]:
    """In the one form in which it can be read; none if there are several that differ."""
    for found in places(document, place):
        if found.is_empty or not isinstance(found.value, str):
            return
        text = found.value
        read = {form: time for form in _TIME_FORMS if (time := plain_time(text, form)) is not None}
        if len({datetime.fromisoformat(time) for time in read.values()}) == 1:
            yield ReadTime(place, next(iter(read)))


def _members(document: Document, path: Path) -> list[str]:
    """The names in the object at a path, or in the first element of the list there; not more than anybody invents."""
    value: Value = document
    for token in path:
        if token == EACH:
            value = value[0] if isinstance(value, list) and value else None
        else:
            value = value.get(token) if isinstance(value, dict) else None
    return [*value][:NAMES_MAX] if isinstance(value, dict) else []


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()
