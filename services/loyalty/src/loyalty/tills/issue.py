"""Issues a one-time code to a customer at a till, and publishes it for whoever sends it to them."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from secrets import randbelow
from uuid import UUID, uuid4

from loyalty.domain.ids import NAME
from loyalty.domain.money import credit_amount
from loyalty.settings import LoyaltySettings
from loyalty.till.coins import refused_fraction
from loyalty.till.respond import problem_of
from loyalty.tills.rows import CodeRow, Wanted, count_of_shop, delete_codes, insert_code, issued_since, lock_customer
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey
from mandegar.events.derived import Origin, derived_event
from mandegar.events.loyalty import TillCodeIssued
from mandegar.outbox import write_outbox
from mandegar.service.parts import Expiry
from mandegar.shops import load_shops
from mandegar.web import Problem
from mandegar.web.customers import unknown_customer

DIGITS = 6
LASTS = timedelta(minutes=3)
# So that whoever has a till's token tries at most fifty of a million codes of a customer within an hour.
PER_HOUR = 10
HOUR = timedelta(hours=1)
# Of all tills of a shop: each code is a row and an event.
OF_A_SHOP = 3_000
MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=1)


def digest_of(shop: str, code_id: UUID, code: str, key: bytes) -> str:
    """What is stored of a code."""
    return hmac.new(key, f"till|{shop}|{code_id}|{code}".encode(), sha256).hexdigest()


async def issue_code(
    connection: WorkerConnection,
    customer: CustomerKey,
    reference: str,
    wanted: Wanted,
    key: bytes,
    now: datetime,
) -> CodeRow:
    """Issue a code for what is wanted. It replaces the one that the customer has at this till."""
    if not await lock_customer(connection, customer):
        raise unknown_customer()
    issued = await issued_since(connection, customer, now - HOUR)
    if len(issued) >= PER_HOUR:
        seconds = ceil((issued[-PER_HOUR] + HOUR - now).total_seconds())
        raise Problem(
            429,
            "too_many_codes",
            "The customer got many codes within an hour",
            headers={"Retry-After": str(max(seconds, 1))},
        )
    if await count_of_shop(connection, customer.shop, now - MINUTE, OF_A_SHOP) >= OF_A_SHOP:
        raise Problem(
            429,
            "too_many_codes",
            "The tills of the shop got many codes within a minute",
            headers={"Retry-After": "60"},
        )
    code_id, code = uuid4(), f"{randbelow(10**DIGITS):0{DIGITS}}"
    points, reward, credit = wanted
    currency = None
    if credit is not None:
        currency = (await load_shops(connection, [customer.shop]))[customer.shop].currency
        if (refused := refused_fraction(credit, currency)) is not None:
            raise problem_of(refused)
    digest = digest_of(customer.shop, code_id, code, key)
    row = CodeRow(
        customer.shop, code_id, customer.customer_id, reference, points, reward, digest, now, now + LASTS, credit
    )
    await insert_code(connection, row)
    data = TillCodeIssued(
        code_id=code_id,
        code=code,
        expires_at=row.expires_at,
        points=points,
        reward=reward,
        credit=None if credit is None else credit_amount(credit),
        currency=currency,
    )
    event = derived_event(
        NAME, "till.code_issued", data, about=customer, cause=Origin(), now=now, id_from=f"till|{code_id}"
    )
    await write_outbox(connection, [event])
    return row


async def _old_codes(connection: WorkerConnection, now: datetime, _: LoyaltySettings) -> int:
    return await delete_codes(connection, now - KEPT)


EXPIRIES = (Expiry[LoyaltySettings]("till_codes", _old_codes),)
