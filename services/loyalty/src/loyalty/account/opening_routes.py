"""What the customers of a shop have brought along: the totals with which a shop compares its file."""

from typing import Annotated

from loyalty.account.opening_rows import brought_along, tiers_granted
from loyalty.account.schemas import OpeningBalances, UnknownTier
from loyalty.programme.rows import rules_of
from mandegar.database import as_shop_reporting
from mandegar.tokens import Principal
from mandegar.web import Ctx, Router, require

router = Router()


@router.get("/v1/opening-balances", summary="Get the points that customers brought along from another club")
async def opening_balances(ctx: Ctx, who: Annotated[Principal, require("customers:read")]) -> OpeningBalances:
    """The totals over all customers of the shop, by which a file of opening balances is checked.

    What has been spent, or has expired, since counts as well; corrections count, and erased customers do not.
    """
    now = ctx.clock.now()
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        brought = await brought_along(connection, who.shop)
        granted = await tiers_granted(connection, who.shop)
        rules = await rules_of(connection, who.shop) if granted else None
    known = (
        {name for programme in rules.programmes for tier in programme.tiers for name in (tier.name, tier.word)}
        if rules
        else set()
    )
    return OpeningBalances(
        **brought._asdict(),
        unknown_tiers=[
            UnknownTier(tier=tier, customers=number) for tier, number in granted.items() if tier not in known
        ],
        as_of=now,
    )
