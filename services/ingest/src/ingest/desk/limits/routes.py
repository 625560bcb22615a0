"""What a shop may send and keep."""

from typing import Annotated, Any

from ingest.context import IngestCtx
from ingest.desk.limits.schemas import LimitChange, Limits
from ingest.desk.shop_id import ShopId, require_shop, settings_of
from ingest.settings import IngestSettings
from ingest.sources.limit_rows import get_limits, put_limits
from mandegar.database import as_shop, transaction_of
from mandegar.web import Acting, Principal, Router, audited, errors, require

router = Router(
    prefix="/v1/shops/{shop}/limits",
    tags=["shops"],
    responses=errors((404, "unknown_shop", "there is no shop with this id")),
)


@router.get("", summary="Get the limits of a shop", response_model=Limits)
async def get_shop_limits(
    ctx: IngestCtx, who: Annotated[Principal, require("sources:write", shops="either")], shop: ShopId
) -> dict[str, Any]:
    require_shop(who, shop)
    async with as_shop(ctx.web, shop) as connection:
        await settings_of(connection, shop)
        return _answer(shop, await get_limits(connection, shop), ctx.settings)


@router.put("", summary="Replace the limits of a shop", response_model=Limits, openapi_extra=audited("limits.put"))
async def put_shop_limits(
    ctx: IngestCtx,
    _: Annotated[Principal, require("ops", shops="every")],
    act: Acting,
    shop: ShopId,
    wanted: LimitChange,
) -> dict[str, Any]:
    """For operators. Rates and the room in quarantine change within five seconds, retention within the hour."""
    act.shop = shop
    async with transaction_of(act, ctx.worker) as connection:
        await settings_of(connection, shop)
        await put_limits(connection, shop, wanted.model_dump())
    return _answer(shop, wanted.model_dump(), ctx.settings)


def _answer(shop: str, own: dict[str, int | None], settings: IngestSettings) -> dict[str, Any]:
    defaults = {
        "events_per_second": settings.shop_events_per_second,
        "bytes_per_second": settings.shop_bytes_per_second,
        "quarantine_events_max": settings.quarantine_events_max,
        "quarantine_bytes_max": settings.quarantine_bytes_max,
        "quarantine_days": settings.quarantine_days,
    }
    in_force = {name: defaults.get(name) if value is None else value for name, value in own.items()}
    return {"shop": shop, "own": own, "in_force": in_force}
