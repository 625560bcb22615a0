"""Settings of shops."""

from typing import Annotated

from ingest.context import IngestCtx
from ingest.desk.shop_id import ShopId, require_shop, settings_of
from ingest.desk.shops.put import put_shop
from ingest.desk.shops.schemas import Sender, Shop, ShopSettings
from ingest.desk.shops.verify import sender_of, verify_sender
from mandegar.database import as_shop
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(prefix="/v1/shops", tags=["shops"])
_UNKNOWN = (404, "unknown_shop", "there is no shop with this id")


@router.put(
    "/{shop}",
    summary="Create a shop or replace its settings",
    responses=errors(
        (409, "currency_fixed", "the shop has events, in whose amounts or points its currency stands"),
        (409, "customer_ids_fixed", "the shop has events, so the form of its ids stays"),
        (409, "sms_sender_by_operator", "only a token for all shops (`*`) assigns the line of SMS"),
    ),
    openapi_extra=audited("shop.put"),
)
async def put_settings(
    ctx: IngestCtx,
    who: Annotated[Principal, require("ops", shops="either")],
    act: Acting,
    shop: ShopId,
    wanted: ShopSettings,
) -> Shop:
    """Every service receives the change within seconds. Sending the current settings again changes nothing."""
    require_shop(who, shop)
    act.shop = shop
    return await put_shop(ctx, act, shop, wanted, by_operator=who.operator)


@router.get("/{shop}", summary="Get the settings of a shop", responses=errors(_UNKNOWN))
async def get_settings(
    ctx: Ctx, who: Annotated[Principal, require("sources:write", shops="either")], shop: ShopId
) -> Shop:
    require_shop(who, shop)
    async with as_shop(ctx.web, shop) as connection:
        settings = await settings_of(connection, shop)
    return Shop(**settings._asdict())


@router.get(
    "/{shop}/sender",
    summary="Get the sender of a shop's mail, and the DNS record that verifies it",
    responses=errors(_UNKNOWN),
)
async def get_sender(
    ctx: IngestCtx, who: Annotated[Principal, require("sources:write", shops="either")], shop: ShopId
) -> Sender:
    """Mail goes out only from a verified domain. SMS are not affected."""
    require_shop(who, shop)
    return await sender_of(ctx, shop)


@router.post(
    "/{shop}/sender/verify",
    summary="Verify the sender of a shop's mail",
    responses=errors(
        _UNKNOWN,
        (409, "record_missing", "the domain does not have the record of the shop"),
        (409, "bad_sender", "the sender address is not a mail address"),
        (409, "sender_changed", "the sender was changed meanwhile"),
        (503, "dns_unavailable", "the DNS servers did not answer"),
    ),
    openapi_extra=audited("sender.verify"),
)
async def verify(
    ctx: IngestCtx, who: Annotated[Principal, require("ops", shops="either")], act: Acting, shop: ShopId
) -> Sender:
    """Looks up the DNS record and, if it is there, lets the waiting mail go out within minutes.

    A sender on the same domain stays verified; another domain has to be verified again.
    """
    require_shop(who, shop)
    act.shop = shop
    return await verify_sender(ctx, act, shop)
