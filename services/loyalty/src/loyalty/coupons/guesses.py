"""Looks a code up, and limits how many unknown ones may be tried: at one till, and of a shop."""

from datetime import datetime
from uuid import UUID

from loyalty.guessing import PERIOD, Limits, asker, counted, counters_expire, require_few
from mandegar.database import Pool, as_shop_counting
from mandegar.tokens import Principal
from mandegar.web import Problem

OF_A_TILL = 30
OF_A_SHOP = 120

_LOOK_UP = counted(
    "coupon_guesses",
    """
    SELECT EXISTS (
        SELECT FROM coupons WHERE shop = $1 AND coupon_id = $2 AND redemption_id IS NOT NULL AND issued_at IS NOT NULL
    ) AS found
    """,
)


EXPIRIES = (counters_expire("unknown codes", "coupon_guesses"),)


async def require_known(pool: Pool, who: Principal, coupon: UUID | None, now: datetime) -> None:
    """Return if the coupon was issued; a 404 problem for an unknown one (None: the text is no code), 429 after too many
    of those.
    """
    limits = Limits(OF_A_TILL, OF_A_SHOP)
    async with as_shop_counting(pool, who.shop) as connection:
        [row] = await connection.fetch(_LOOK_UP, who.shop, coupon, now, asker(who), PERIOD, limits.own)
    require_few(row, limits, now, ("too_many_unknown_codes", "Too many unknown codes were tried"))
    if not row["found"]:
        raise unknown_coupon()


def unknown_coupon() -> Problem:
    """The 404 problem for a code that is none, was not issued, or is that of an erased customer."""
    return Problem(404, "unknown_coupon", "There is no coupon with this code")
