"""Issues coupons in the transaction that confirms a redemption, and tells the codes of those that were issued."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from loyalty.coupons.events import issued_event
from loyalty.coupons.rows import IssuedRow, coupons_of, insert_issued
from loyalty.domain.coupons import CouponKeys, generated_code
from mandegar.database import Row, WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.coupon_codes import coupon_id, normal_form
from mandegar.tokens.sealing import unseal


class Wanted(NamedTuple):
    """A coupon to issue for a redemption; ``prefix`` is None where its code is of a pool, which it has got already."""

    customer: CustomerKey
    redemption_id: UUID
    reward: str
    kind: str
    terms: Mapping[str, Any]
    prefix: str | None
    expires_at: datetime | None


async def issue_coupons(
    connection: WorkerConnection, wanted: Sequence[Wanted], keys: CouponKeys, now: datetime
) -> list[Event]:
    """Issue coupons of one shop; returns the events to publish. Issuing one again changes nothing."""
    if not wanted:
        return []
    shop = wanted[0].customer.shop
    stored = await coupons_of(connection, shop, [one.redemption_id for one in wanted])
    rows = []
    for one in wanted:
        row = stored.get(one.redemption_id)
        if row is not None and row["issued_at"] is not None:
            continue
        if one.prefix is None:
            if row is None:
                raise LookupError("no code was reserved for this redemption")
            id_ = row["coupon_id"]
        else:
            code = generated_code(shop, one.redemption_id, one.prefix, keys.codes)
            id_ = coupon_id(shop, normal_form(code), keys.ids)
        rows.append(
            IssuedRow(
                shop,
                id_,
                one.reward,
                one.customer.customer_id,
                one.redemption_id,
                one.prefix,
                one.kind,
                one.terms,
                now,
                one.expires_at,
            )
        )
    await insert_issued(connection, rows)
    return [issued_event(row) for row in rows]


def code_of(shop: str, redemption: UUID, prefix: str | None, row: Row | None, keys: CouponKeys) -> str:
    """The code of a redemption's coupon: a generated one follows from the redemption, that of a pool is in ``row``."""
    if prefix is not None:
        return generated_code(shop, redemption, prefix, keys.codes)
    if row is None:
        raise LookupError("no code was reserved for this redemption")
    nth: int = row["nth"]
    return unseal(row["sealed"], keys.seals).split("\n")[nth]
