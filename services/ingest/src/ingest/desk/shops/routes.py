"""Shops: made and changed by the operator, published to every service."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from ingest.hallway.rows.history import any_order
from ingest.schemas import Shop, ShopSettings
from ingest.sources.events import publish_shop
from ingest.sources.shop_rows import lock_shop, save_shop
from mandegar.database import as_shop, transaction
from mandegar.events.ingest import ShopUpdated
from mandegar.shops import load_shops
from mandegar.tokens import EVERY_SHOP
from mandegar.web import Ctx, Principal, Problem, require

router = APIRouter(prefix="/v1/shops", tags=["shops"])
ShopId = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]


def _require_shop(who: Principal, shop: str) -> None:
    if who.shop not in (shop, EVERY_SHOP):
        raise Problem(403, "forbidden", "This token is for another shop")


@router.put("/{shop}", summary="Make a shop, or change its settings", response_model=Shop)
async def put_shop(
    ctx: Ctx, who: Annotated[Principal, Depends(require("ops"))], shop: ShopId, wanted: ShopSettings
) -> dict[str, Any]:
    _require_shop(who, shop)
    now = ctx.clock.now()
    async with transaction(ctx.worker) as connection:
        before = await lock_shop(connection, shop)
        settings = wanted.model_dump()
        if before is not None:
            if all(getattr(before, field) == value for field, value in settings.items()):
                return before._asdict()
            if before.currency != wanted.currency and await any_order(connection, shop):
                raise Problem(409, "currency_fixed", "The currency of a shop with orders cannot change")
        data = ShopUpdated(version=1 if before is None else before.version + 1, **settings)
        await save_shop(connection, shop, data, now)
        await publish_shop(connection, shop, data, now, ctx.settings.partitions)
    ctx.wake_relay()
    return {"shop": shop, "version": data.version, **settings}


@router.get("/{shop}", summary="The settings of a shop", response_model=Shop)
async def get_shop(
    ctx: Ctx, who: Annotated[Principal, Depends(require("sources:write"))], shop: ShopId
) -> dict[str, Any]:
    _require_shop(who, shop)
    async with as_shop(ctx.web, shop) as connection:
        found = (await load_shops(connection, {shop})).get(shop)
    if found is None:
        raise Problem(404, "unknown_shop", "No such shop")
    return found._asdict()
