"""Looks a code up, and limits how many unknown ones may be tried: of a shop, and with the tokens of one key.

Both counters are rows, so the limits hold over processes and restarts. They are locked while a code is looked up:
requests that come together cannot try more between them. Above the limit nothing is looked up, so the answer tells
nothing of the code.
"""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from mandegar.database import Pool, as_shop_counting
from mandegar.tokens import Principal
from mandegar.web import Problem

PERIOD = timedelta(minutes=1)
OF_A_KEY = 30
OF_A_SHOP = 120

# A counter whose period is over begins anew; so does one that begins later than any clock of a process can be.
_COUNT = """
    WITH looked_up AS (
        SELECT EXISTS (
            SELECT FROM coupons WHERE shop = $1 AND coupon_id = $2 AND redemption_id IS NOT NULL
                AND issued_at IS NOT NULL
        ) AS found
    ), counted AS (
        INSERT INTO coupon_guesses AS g (shop, key_id, since, misses)
        SELECT $1, key_id, $3, CASE WHEN found THEN 0 ELSE 1 END FROM unnest($4::text[]) AS w(key_id), looked_up
        ORDER BY key_id
        ON CONFLICT (shop, key_id) DO UPDATE SET
            since = CASE WHEN g.since > $3 - $5::interval AND g.since < $3 + $5::interval THEN g.since ELSE $3 END,
            misses = excluded.misses + CASE
                WHEN g.since > $3 - $5::interval AND g.since < $3 + $5::interval THEN g.misses ELSE 0 END
        RETURNING key_id, since, misses
    )
    SELECT c.key_id, c.since, c.misses, l.found FROM counted c, looked_up l
"""


async def require_known(pool: Pool, who: Principal, coupon: UUID | None, now: datetime) -> None:
    """Return if the coupon was issued; a 404 problem for an unknown one (None: the text is no code), 429 after too many
    of those.
    """
    limits = {"": OF_A_SHOP, who.key_id: OF_A_KEY}
    async with as_shop_counting(pool, who.shop) as connection:
        rows = await connection.fetch(_COUNT, who.shop, coupon, now, list(limits), PERIOD)
    misses = {row["key_id"]: row["misses"] for row in rows}
    exceeded = [row["since"] for row in rows if misses[row["key_id"]] > limits[row["key_id"]]]
    if exceeded:
        seconds = ceil((max(exceeded) + PERIOD - now).total_seconds())
        raise Problem(
            429,
            "too_many_unknown_codes",
            "Too many unknown codes were tried",
            "No code is looked up until then, not even a right one",
            headers={"Retry-After": str(max(seconds, 1))},
        )
    if not rows[0]["found"]:
        raise unknown_coupon()


def unknown_coupon() -> Problem:
    """The 404 problem for a code that is none, was not issued, or is that of an erased customer."""
    return Problem(404, "unknown_coupon", "There is no coupon with this code")
