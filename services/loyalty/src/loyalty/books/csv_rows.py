"""Entries of the ledger as lines of CSV."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence

from loyalty.domain.money import credit_amount
from loyalty.domain.naming import named
from loyalty.domain.units import credit_kind
from mandegar.database import Row
from mandegar.web.csv_answer import Cell

# Behind the columns of the ledger: how much credit, and of what the entry is.
UNIT_COLUMNS = ("amount", "unit")


async def entry_pages(pages: AsyncIterable[list[Row]], currency: str) -> AsyncIterator[Iterable[Sequence[Cell]]]:
    """The lines of each page."""
    async for rows in pages:
        yield [_line(row, currency) for row in rows]


def _line(row: Row, currency: str) -> list[Cell]:
    told = dict(row)
    amount: Cell = None
    unit = "points"
    if (kind := credit_kind(row["kind"])) is not None:  # of points it is 0
        told |= {"kind": kind, "points": 0}
        amount, unit = credit_amount(row["points"]), currency
    return [*(_cell(name, value) for name, value in told.items()), amount, unit]


def _cell(name: str, value: object) -> Cell:
    if name == "order_id" and isinstance(value, str):
        names = named(value)
        act = None if names.act is None else names.act.id
        challenge = None if names.attained is None else names.attained.name
        ids = (names.order_id, names.opening_id, act, names.referral, challenge, names.adjustment_id)
        return str(next((each for each in ids if each is not None), ""))
    return value if isinstance(value, Cell) else str(value)
