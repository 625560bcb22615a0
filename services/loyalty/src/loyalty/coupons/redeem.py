"""Uses a coupon once, also when several requests come at the same time."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from loyalty.coupons.events import used_event
from loyalty.coupons.guesses import unknown_coupon
from loyalty.coupons.rows import issued_coupon, locked_coupon
from loyalty.coupons.use_rows import UsedRow, record_use
from loyalty.domain.coupons import Coupon, is_repeated, refusal
from mandegar.customers.alias_rows import roots_of
from mandegar.database import Row, ShopConnection
from mandegar.events import CustomerKey
from mandegar.outbox import write_outbox
from mandegar.web import Problem


async def use_coupon(
    connection: ShopConnection,
    shop: str,
    coupon: UUID,
    *,
    order_id: str | None,
    earlier: str | None,
    total: Decimal | None,
    customer: CustomerKey | None,
    now: datetime,
) -> Row:
    """Use a coupon for an order, which is given as it is published; returns its row.

    ``earlier`` is how a release before this one would have named the order. For the same order again nothing changes.
    Raises a 404 problem, and 409 for a coupon that cannot be used.
    """
    row = await locked_coupon(connection, shop, coupon)
    if row is None:  # its customer was erased meanwhile
        raise unknown_coupon()
    is_owner = customer is None or await _is_owner(connection, customer, CustomerKey(shop, row["customer_id"]))
    stored = Coupon(row["terms"], row["expires_at"], row["used_at"], row["used_for"])
    if is_owner and (is_repeated(stored, order_id) or is_repeated(stored, earlier)):
        return row
    returns = row["returns"]
    if is_owner and order_id is not None and order_id in returns.values():
        raise Problem(
            409,
            "coupon_returned",
            "The coupon came back from this order, which was cancelled or refunded",
            "It can be used for another order",
        )
    if (refused := refusal(stored, total=total, is_owner=is_owner, now=now)) is not None:
        raise Problem(409, refused.code, refused.title, **refused.extra)
    use = UsedRow(shop, coupon, row["reward"], now, order_id, total, len(returns))
    await record_use(connection, use)
    await write_outbox(connection, [used_event(use, row["customer_id"])])
    used = await issued_coupon(connection, shop, coupon)
    if used is None:
        raise unknown_coupon()
    return used


async def _is_owner(connection: ShopConnection, customer: CustomerKey, owner: CustomerKey) -> bool:
    roots = await roots_of(connection, (customer, owner))
    return roots.get(customer, customer) == roots.get(owner, owner)
