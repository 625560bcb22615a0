"""Which columns of a file are those that are read, by the names that exports give them."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from mandegar.row_files.header import WrongHeader

_BETWEEN = re.compile(r"[\s\u200c_-]+")
# What else a column is called, without case and separators; looked for only if none has its own name.
_ALSO: Final = {
    "customer_id": ("customer", "customernumber", "clientid", "userid", "memberid", "buyerid", "شناسهمشتری", "کدمشتری"),
    "time": (
        "date", "datetime", "timestamp", "orderdate", "ordertime", "orderedat", "purchasedate", "invoicedate",
        "createdat", "placedat", "paidat", "تاریخ", "تاریخسفارش",
    ),
    "amount": ("total", "totalamount", "totalprice", "ordertotal", "orderamount", "grandtotal", "مبلغ", "مبلغکل"),
}  # fmt: skip


class Columns(NamedTuple):
    """The places of columns, of those that a row need not have, and how many fields a row may have."""

    where: tuple[int, ...]
    optional: tuple[int | None, ...]
    width: int


def columns_of(names: Sequence[str], wanted: Sequence[str], optional: Sequence[str] = ()) -> Columns:
    """The places of columns; ``WrongHeader`` if one that is wanted is missing, or if several may be the same one."""
    places = {column: _place(column, names) for column in (*wanted, *optional)}
    where = tuple(place for column in wanted if (place := places[column]) is not None)
    if len(where) < len(wanted):
        missing = ", ".join(column for column in wanted if places[column] is None)
        raise WrongHeader(f"The first line must name the columns {','.join(wanted)}; missing: {missing}.")
    return Columns(
        where,
        tuple(places[column] for column in optional),
        max(place for place, name in enumerate(names, start=1) if name.strip()),
    )


def _place(column: str, names: Sequence[str]) -> int | None:
    lowered = [name.strip().lower() for name in names]
    if column in lowered:
        return lowered.index(column)
    plain = [_plain(name) for name in names]
    own = [place for place, name in enumerate(plain) if name == _plain(column)]
    found = own or [place for place, name in enumerate(plain) if name in _ALSO.get(column, ())]
    if len(found) > 1:
        several = ", ".join(names[place].strip() for place in found)
        raise WrongHeader(f"Several columns may be {column}: {several}. Name the one that is meant {column}.")
    return found[0] if found else None


def _plain(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
