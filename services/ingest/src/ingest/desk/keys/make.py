"""Creating another key of a source."""

from ingest.desk.require_source import require_source
from ingest.sources import rows
from ingest.sources.new_key import LIVE_KEYS_MAX, NewKey, new_key
from mandegar.database import Act, as_shop_writing
from mandegar.service.context import Context
from mandegar.web import Problem


async def make_key(context: Context, act: Act, source_id: str) -> NewKey:
    """Write a new key, which is returned in clear this once; raises ``Problem`` 409 if the source has enough."""
    key, shop = new_key(), act.shop
    act.target = f"sources/{source_id}/keys/{key.prefix}"
    async with as_shop_writing(context.web, act) as connection:
        await require_source(connection, shop, source_id, lock=True)
        if await rows.count_live_keys(connection, source_id) >= LIVE_KEYS_MAX:
            title = f"A source can have {LIVE_KEYS_MAX} live keys"
            raise Problem(409, "too_many_keys", title, "Revoke one of them first")
        await rows.insert_key(connection, key, source_id=source_id, shop=shop, now=context.clock.now())
    return key
