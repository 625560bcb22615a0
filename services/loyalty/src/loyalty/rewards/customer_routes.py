"""What a customer can have of the rewards of the shop."""

from typing import Annotated, Literal

from fastapi import Query

from loyalty.account.purse import purse_of
from loyalty.coupons.rows import count_free
from loyalty.programme.announced import announced_shop
from loyalty.rewards.catalogue_rows import catalogue_at
from loyalty.rewards.schemas import RewardsAnswer, left_of, reward_fields
from loyalty.rewards.take_rows import load_taken
from mandegar.database import as_shop
from mandegar.quantities import to_us
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedBytes
from mandegar.web.json_answer import as_bytes

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])


@router.read("/rewards", RewardsAnswer, summary="List the rewards that a customer can have", responses=NOT_MODIFIED)
async def rewards(
    ctx: Ctx,
    customer: CustomerRead,
    locale: Annotated[
        Literal["en", "fa"] | None, Query(description="Language of the titles; default: that of the shop")
    ] = None,
) -> VersionedBytes:
    """Each reward of the catalogue in force, with all reasons for which the customer cannot have it at `as_of`.

    For customers with more than a thousand orders, points are those of `as_of`, which may be earlier than the request,
    and no reason says when there will be enough.
    """
    now = ctx.clock.now()
    async with as_shop(ctx.web, customer.shop) as connection:
        held = await purse_of(connection, customer, now)
        shop = await announced_shop(connection, customer.shop)
        catalogue = await catalogue_at(connection, shop, now)
        names = [reward.name for reward in catalogue.rewards]
        taken = await load_taken(connection, customer.shop, names, [held.customer.customer_id], now, locked=False)
        pools = [reward.name for reward in catalogue.rewards if reward.coupon == "pool"]
        free = await count_free(connection, customer.shop, pools) if pools else {}
    fields = {
        "customer_id": held.customer.customer_id,
        "rewards": [
            reward_fields(
                reward,
                held.purse,
                left_of(reward, taken.numbers.get(reward.name), free.get(reward.name)),
                [to_us(at) for at in taken.times.get((held.customer.customer_id, reward.name), ())],
                held.tiers,
                locale or shop.locale,
                to_us(now),
            )
            for reward in catalogue.rewards
        ],
        "catalogue_version": catalogue.version,
        "as_of": held.as_of,
    }
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), held.version, shop=customer.shop)
