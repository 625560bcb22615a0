"""Coupons, restored from what loyalty has published."""

from collections.abc import Sequence
from datetime import datetime

from loyalty.coupons import opened
from loyalty.coupons.rows import (
    BatchRow,
    IssuedRow,
    PooledRow,
    insert_batch,
    insert_issued,
    mark_given,
    restore_pooled,
)
from loyalty.coupons.use_rows import ReturnedRow, UsedRow, restore_uses
from mandegar.database import WorkerConnection
from mandegar.events import Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_pools(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the batch in each ``coupons.pooled``, sealed as it is, and the ids of its codes."""
    for event in events:
        data = event.data
        rows = [
            PooledRow(event.shop, id_, data.reward, data.batch_id, nth)
            for nth, id_ in enumerate(data.coupon_ids)
            if id_ is not None
        ]
        await insert_batch(connection, BatchRow(event.shop, data.batch_id, data.sealed))
        await restore_pooled(connection, rows)
    return ()


async def restore_coupons(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store each ``coupon.issued``, ``coupon.used`` and ``coupon.returned``, in any order."""
    issued, used, returned = [], [], []
    for event in events:
        shop, data = event.shop, event.data
        if event.type == "coupon.issued":
            prefix = None if data.pooled else data.prefix
            of_customer = (shop, data.coupon_id, data.reward, event.customer.customer_id, data.redemption_id, prefix)
            issued.append(IssuedRow(*of_customer, data.kind, data.terms, data.issued_at, data.expires_at))
        elif event.type == "coupon.used":
            used.append(UsedRow(shop, data.coupon_id, data.reward, data.at, data.order_id, data.total, data.number))
        else:
            whose = event.customer.customer_id
            returned.append(ReturnedRow(shop, data.coupon_id, data.reward, whose, data.order_id, data.number))
    await insert_issued(connection, issued)
    await restore_uses(connection, used, returned)
    return ()


async def restore_given(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """The codes of pools that erased customers had are not given again."""
    given = {
        (event.shop, event.data.coupon_id, event.data.reward)
        for event in events
        if event.type == "coupon.issued" and event.data.pooled
    }
    if given:
        await mark_given(connection, given, now)
    return ()


REBUILD = Rebuild(
    reads=(
        *opened.READS,
        on({"coupons.pooled"}, restore_pools, group=REBUILD_GROUP),
        on(
            {"coupon.issued", "coupon.used", "coupon.returned"},
            restore_coupons,
            group=REBUILD_GROUP,
            of_erased=restore_given,
        ),
    )
)
