"""Creating a shop, or changing its settings."""

from ingest.desk.shops.schemas import Shop, ShopSettings
from ingest.hallway.rows.history import any_order
from ingest.sources.events import publish_to_every_partition, shop_updated
from ingest.sources.shop_rows import lock_shop
from mandegar.database import Act, transaction_of
from mandegar.events.ingest import ShopUpdated
from mandegar.service.context import Context
from mandegar.shops import record_shops
from mandegar.web import Problem


async def put_shop(context: Context, act: Act, shop: str, wanted: ShopSettings) -> Shop:
    """Write the settings and publish them to every partition; nothing happens if they are the current ones.

    Raises ``Problem`` 409 if the currency of a shop with orders would change.
    """
    now, settings = context.clock.now(), wanted.model_dump()
    async with transaction_of(act, context.worker) as connection:
        before = await lock_shop(connection, shop)
        if before is not None:
            if all(getattr(before, field) == value for field, value in settings.items()):
                return Shop(**before._asdict())
            if before.currency != wanted.currency and await any_order(connection, shop):
                raise Problem(409, "currency_fixed", "The currency cannot be changed: the shop already has orders")
        version = 1 if before is None else before.version + 1
        data = ShopUpdated(version=version, **{**settings, "origins": tuple(wanted.origins)})
        events = shop_updated(shop, data, now, context.settings.partitions)
        await record_shops(connection, events[:1])
        await publish_to_every_partition(connection, events)
    context.wake_relay()
    return Shop(shop=shop, version=data.version, **settings)
