"""Changing a source: its unit, what it may send a second, its pages, the proof of its visitors, and its role as the
record of orders."""

from collections.abc import Mapping
from typing import Any

from ingest.context import IngestContext
from ingest.desk.require_source import require_source
from ingest.sources import rows
from ingest.sources.limit_rows import get_limits
from mandegar.database import Act, Row, as_shop_writing
from mandegar.web import Problem

RATES = ("events_per_second", "bytes_per_second")


async def change_source(context: IngestContext, act: Act, source_id: str, changes: Mapping[str, Any]) -> Row:
    """Apply ``changes`` to later requests; what was accepted before stays as it is.

    The record of orders moves in this transaction, so at every instant one source of the shop has the role. Raises
    ``Problem`` 422 for a rate above that of the shop, which only an operator can raise.
    """
    async with as_shop_writing(context.web, act) as connection:
        if changes.get("record_of_orders"):
            await rows.lock_sources(connection, act.shop)
        source = await require_source(connection, act.shop, source_id, lock=True)
        if changes.get("record_of_orders"):
            _require_eligible(source)
            await rows.move_record(connection, act.shop, source_id)
        limits = await get_limits(connection, act.shop)
        for rate in RATES:
            of_shop = limits.get(rate) or getattr(context.settings, f"shop_{rate}")
            if (wanted := changes.get(rate)) is not None and wanted > of_shop:
                title = f"{rate} is above that of the shop, which is {of_shop:.0f}"
                raise Problem(422, "above_shop_limit", title, "Ask the operator to raise the limit of the shop")
        await rows.change_source(connection, source, changes)
        return await require_source(connection, act.shop, source_id)


def _require_eligible(source: Row) -> None:
    if source["trust"] == "browser" or source["historical"]:
        title = "Only a server source that is not historical can be the record of orders"
        raise Problem(422, "invalid", title, "Name another source, or create one with POST /v1/sources")
    if source["closed_at"] is not None:
        title = "A closed source cannot be the record of orders"
        raise Problem(409, "source_closed", title, "Name another source, or create one with POST /v1/sources")
