"""Finds the customers who have a phone number or an id, and limits how many unknown ones may be tried.

Who may use a till does not learn thereby which numbers of a country belong to customers of the shop.
"""

from datetime import datetime

from loyalty.guessing import COUNTED, PERIOD, require_few
from loyalty.programme.announced import announced_shop
from mandegar.database import Pool, as_shop, as_shop_counting
from mandegar.events.addresses import InvalidAddress, normalise_phone
from mandegar.events.identity import address_id
from mandegar.tokens import Principal
from mandegar.web import Problem

FOUND_MAX = 10
# More than tills ask for who is no customer yet, and too few to go through the numbers of a country.
OF_A_KEY = 300
OF_A_SHOP = 600
LIMITED = (429, "too_many_unknown_customers", "too many unknown numbers and ids were tried: wait `Retry-After`")

# A number is also the id of the guest who has it.
_FIND = f"""
    WITH known AS (
        SELECT ARRAY(
            SELECT DISTINCT coalesce(c.merged_into, c.customer_id) FROM (
                SELECT customer_id FROM phones WHERE shop = $1 AND phone_id = $2 AND $6
                UNION ALL SELECT $2
            ) AS w JOIN customers c ON c.shop = $1 AND c.customer_id = w.customer_id
            WHERE c.erased_at IS NULL ORDER BY 1 LIMIT $7
        ) AS customers
    ), looked_up AS (
        SELECT customers, cardinality(customers) > 0 AS found FROM known
    ), counted AS (INSERT INTO phone_guesses AS g {COUNTED})
    SELECT c.key_id, c.since, c.misses, l.customers FROM counted c, looked_up l
"""  # noqa: S608


async def customers_of_phone(pool: Pool, who: Principal, phone: str, identity_key: bytes, now: datetime) -> list[str]:
    """The customers with a number that is dialled from the shop, at most ``FOUND_MAX``; an alias counts as its root.

    A 422 problem for what is no number, 429 after too many unknown ones.
    """
    async with as_shop(pool, who.shop) as connection:
        shop = await announced_shop(connection, who.shop)
    try:
        number = normalise_phone(phone, shop.phone_region)
    except InvalidAddress as error:
        raise Problem(422, "invalid_phone", "This is no phone number", error.reason) from None
    phone_id = address_id(number, shop=who.shop, key=identity_key)
    return await customers_known(pool, who, phone_id, now, by_phone=True)


async def customers_known(pool: Pool, who: Principal, id_: str, now: datetime, *, by_phone: bool) -> list[str]:
    """The customers with an id, or also those with the number whose pseudonym it is; a 429 problem after too many
    unknown ones.
    """
    limits = {"": OF_A_SHOP, who.key_id: OF_A_KEY}
    async with as_shop_counting(pool, who.shop) as connection:
        rows = await connection.fetch(_FIND, who.shop, id_, now, list(limits), PERIOD, by_phone, FOUND_MAX)
    require_few(rows, limits, now, (LIMITED[1], "Too many unknown numbers and ids were tried"))
    found: list[str] = rows[0]["customers"]
    return found
