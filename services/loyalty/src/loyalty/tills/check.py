"""Checks a one-time code: five tries, however many tills try at once."""

import hmac
from datetime import datetime
from uuid import UUID

from loyalty.tills.issue import digest_of
from loyalty.tills.rows import Wanted, count_try, newest_code
from mandegar.database import Pool, transaction
from mandegar.events import CustomerKey
from mandegar.events.addresses import ascii_digits
from mandegar.web import Problem

TRIES = 5


async def require_code(
    pool: Pool,
    customer: CustomerKey,
    reference: str,
    wanted: Wanted,
    code: str,
    key: bytes,
    now: datetime,
) -> UUID:
    """The id of the customer's live code at the till; a 409 problem unless it is this one, for what is wanted.

    Wrong codes are counted in a transaction of their own. A code that was used is told by the redemption.
    """
    typed = "".join(ascii_digits(code).split()).replace("-", "")
    async with transaction(pool) as connection:
        row = await newest_code(connection, customer, reference)
        is_live = row is not None and row["expires_at"] > now and row["tries"] < TRIES
        is_used = row is not None and row["redemption_id"] is not None
        digest = "" if row is None else digest_of(customer.shop, row["code_id"], typed, key)
        right = row is not None and hmac.compare_digest(digest, row["digest"])
        if row is not None and is_live and not right:
            await count_try(connection, customer.shop, row["code_id"])
    if row is None or not (is_live or (is_used and right)):
        raise Problem(409, "no_live_code", "The customer has no live code at this till", "Ask for a new one")
    if not right:
        raise Problem(409, "wrong_code", "The code is wrong", tries_left=TRIES - 1 - row["tries"])
    if (row["points"], row["reward"], row["credit"]) != wanted:
        raise Problem(409, "other_purpose", "The code was issued for something else", "Ask for a new one")
    code_id: UUID = row["code_id"]
    return code_id
