"""Finds the customers who have a phone number or an id, and limits how many unknown ones may be tried.

Who may use a till does not learn thereby which numbers of a country belong to customers of the shop.
"""

from collections.abc import Sequence

from loyalty.guessing import PERIOD, Limits, asker, counted, counters_expire, require_few
from loyalty.programme.announced import announced_shop
from loyalty.settings import LoyaltySettings
from mandegar.database import Row, as_shop, as_shop_counting
from mandegar.events.addresses import InvalidAddress, normalise_phone
from mandegar.events.identity import address_id
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger
from mandegar.tokens import Principal
from mandegar.web import Problem

log = logger(__name__)

FOUND_MAX = 10
LIMITED = (429, "too_many_unknown_customers", "too many unknown numbers and ids were tried: wait `Retry-After`")

# A number is also the id of the guest who has it.
_FIND = counted(
    "phone_guesses",
    """
    SELECT customers, cardinality(customers) > 0 AS found FROM (SELECT ARRAY(
        SELECT DISTINCT coalesce(c.merged_into, c.customer_id) FROM (
            SELECT customer_id FROM phones WHERE shop = $1 AND phone_id = $2 AND $7
            UNION ALL SELECT $2
        ) AS w JOIN customers c ON c.shop = $1 AND c.customer_id = w.customer_id
        WHERE c.erased_at IS NULL ORDER BY 1 LIMIT $8
    ) AS customers) AS known
    """,
)


async def customers_of_phone(ctx: Context[LoyaltySettings], who: Principal, phone: str) -> Sequence[str]:
    """The customers with a number that is dialled from the shop, at most ``FOUND_MAX``; an alias counts as its root.

    A 422 problem for what is no number, 429 after too many unknown ones.
    """
    async with as_shop(ctx.web, who.shop) as connection:
        shop = await announced_shop(connection, who.shop)
    try:
        number = normalise_phone(phone, shop.phone_region)
    except InvalidAddress as error:
        raise Problem(422, "invalid_phone", "This is not a phone number", error.reason) from None
    phone_id = address_id(number, shop=who.shop, key=ctx.identity_key)
    return await customers_known(ctx, who, phone_id, by_phone=True)


async def customers_known(ctx: Context[LoyaltySettings], who: Principal, id_: str, *, by_phone: bool) -> Sequence[str]:
    """The customers with an id, or also those with the number whose pseudonym it is; a 429 problem after too many
    unknown ones.
    """
    now = ctx.clock.now()
    limits = Limits(ctx.settings.unknown_customers_of_token, ctx.settings.unknown_customers_of_shop)
    async with as_shop_counting(ctx.web, who.shop) as connection:
        [row] = await connection.fetch(_FIND, who.shop, id_, now, asker(who), PERIOD, limits.own, by_phone, FOUND_MAX)
    _warn(row, limits, who)
    require_few(row, limits, now, (LIMITED[1], "Too many unknown numbers and ids were tried"))
    found: Sequence[str] = row["customers"]
    return found


def _warn(row: Row, limits: Limits, who: Principal) -> None:
    """Log once in a period that a limit is passed: who comes to the till is not looked up for the rest of it."""
    if row["found"]:
        return
    for of, misses, limit in (("token", row["misses"], limits.own), ("shop", row["misses_of_shop"], limits.of_shop)):
        if misses == limit + 1:
            log.warning("too_many_unknown_customers", of=of, shop=who.shop, key_id=who.key_id, token_id=who.token_id)


EXPIRIES = (counters_expire("unknown customers", "phone_guesses"),)
