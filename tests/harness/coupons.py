"""Coupons as a confirmed redemption issues them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from harness.in_process import SHOP, InProcess
from loyalty.coupons.issue import Wanted, code_of, issue_coupons
from loyalty.coupons.rows import assign_pooled, coupons_of, lock_free
from loyalty.domain.coupons import coupon_keys
from mandegar.database import transaction
from mandegar.events import CustomerKey
from mandegar.events.coupon_codes import coupon_id, normal_form
from mandegar.outbox import write_outbox


async def issued(
    loyalty: InProcess,
    *,
    customer: str = "c",
    reward: str = "ten-off",
    prefix: str | None = "",
    expires_at: datetime | None = None,
    redemption_id: UUID | None = None,
    **terms: Any,
) -> tuple[str, UUID]:
    """The code and the id of a coupon that is issued now; without a prefix it is of the reward's pool."""
    keys, redemption = coupon_keys(loyalty.context.identity_key), redemption_id or uuid4()
    wanted = Wanted(CustomerKey(SHOP, customer), redemption, reward, "amount_off", terms, prefix, expires_at)
    async with transaction(loyalty.database.worker) as connection:
        if prefix is None:
            [free] = await lock_free(connection, SHOP, reward, 1)
            await assign_pooled(connection, [(SHOP, free, redemption, customer)])
        await write_outbox(connection, await issue_coupons(connection, [wanted], keys, loyalty.clock.now()))
        row = (await coupons_of(connection, SHOP, [redemption]))[redemption]
        code = code_of(SHOP, redemption, prefix, row, keys)
    return code, coupon_id(SHOP, normal_form(code), keys.ids)
