"""Entries of the ledger as lines of CSV."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence

from loyalty.domain.naming import named
from mandegar.database import Row
from mandegar.web.csv_answer import Cell


async def entry_pages(pages: AsyncIterable[list[Row]]) -> AsyncIterator[Iterable[Sequence[Cell]]]:
    """The lines of each page."""
    async for rows in pages:
        yield map(_line, rows)


def _line(row: Row) -> list[Cell]:
    return [_cell(name, value) for name, value in row.items()]


def _cell(name: str, value: object) -> Cell:
    if name == "order_id" and isinstance(value, str):
        names = named(value)
        act = None if names.act is None else names.act.id
        return names.order_id or names.opening_id or act or names.referral or str(names.adjustment_id or "")
    return value if isinstance(value, Cell) else str(value)
