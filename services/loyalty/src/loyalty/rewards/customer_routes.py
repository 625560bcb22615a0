"""What a customer can have of the rewards of the shop."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Query

from loyalty.account.purse import Held, purse_of
from loyalty.coupons.rows import count_free
from loyalty.domain.rewards import Reward, reasons_against
from loyalty.programme.announced import announced_shop
from loyalty.rewards.catalogue_rows import catalogue_at
from loyalty.rewards.schemas import RewardsAnswer
from loyalty.rewards.take_rows import Taken, load_taken
from mandegar.database import as_shop
from mandegar.quantities import from_us, to_us
from mandegar.web import NOT_MODIFIED, Ctx, CustomerRead, Router, VersionedBytes
from mandegar.web.json_answer import as_bytes

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])


@router.read("/rewards", RewardsAnswer, summary="The rewards that a customer can have", responses=NOT_MODIFIED)
async def rewards(
    ctx: Ctx,
    customer: CustomerRead,
    locale: Annotated[Literal["en", "fa"] | None, Query(description="Of the titles; default: the shop's")] = None,
) -> VersionedBytes:
    """Each reward of the catalogue in force, with all reasons for which the customer cannot have it at `as_of`.

    For customers with more than a thousand orders, points are those of `as_of`, which may be earlier than the request,
    and no reason tells when there will be enough.
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
            _reward(reward, held, taken, free, locale or shop.locale, to_us(now)) for reward in catalogue.rewards
        ],
        "catalogue_version": catalogue.version,
        "as_of": held.as_of,
    }
    return VersionedBytes(as_bytes(fields), as_bytes({**fields, "as_of": None}), held.version, shop=customer.shop)


def _reward(
    reward: Reward, held: Held, taken: Taken, free: Mapping[str, int], locale: str, now: int
) -> Mapping[str, Any]:
    bounds = [free[reward.name]] if reward.name in free else []
    if reward.stock is not None:
        bounds.append(max(reward.stock - taken.numbers[reward.name], 0))
    left = min(bounds, default=None)
    times = [to_us(at) for at in taken.times.get((held.customer.customer_id, reward.name), ())]
    reasons = reasons_against(reward, held.purse, left=left, taken=times, tiers=held.tiers, now=now)
    return {
        "reward": reward.name,
        "kind": reward.kind,
        "title": reward.title(locale),
        "price": reward.price,
        "eligible": not reasons,
        "reasons": [{**reason._asdict(), "when": _instant(reason.when)} for reason in reasons],
        "terms": reward.terms,
        "left": left,
        "begins_at": _instant(reward.begin),
        "ends_at": _instant(reward.end),
        "valid_days": reward.valid_days,
    }


def _instant(at: int | None) -> Any:
    return None if at is None else from_us(at)
