"""Revoking a key of a source."""

from ingest.desk.require_source import require_source
from ingest.sources import rows
from mandegar.database import Act, as_shop_writing
from mandegar.service.context import Context
from mandegar.web import Problem


async def revoke_key(context: Context, act: Act, source_id: str, prefix: str) -> None:
    """Make the key useless; again has no effect. Raises ``Problem`` 404 if the source has no such key."""
    async with as_shop_writing(context.web, act) as connection:
        await require_source(connection, act.shop, source_id)
        if not await rows.revoke_key(connection, source_id, prefix, context.clock.now()):
            raise Problem(404, "unknown_key", "This source has no key with this prefix")
