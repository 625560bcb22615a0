"""Changing the unit in which a source states its amounts."""

from ingest.desk.require_source import require_source
from ingest.sources import rows
from mandegar.database import Act, Row, as_shop_writing
from mandegar.service.context import Context


async def set_unit(context: Context, act: Act, source_id: str, unit: str | None) -> Row:
    """Read amounts of later events in ``unit``; what was accepted before stays as it is."""
    shop = act.shop
    async with as_shop_writing(context.web, act) as connection:
        await require_source(connection, shop, source_id, lock=True)
        await rows.set_unit(connection, source_id, unit)
        return await require_source(connection, shop, source_id)
