"""Reads of one statement, from the read-only copy of the database if there is one and it is current enough."""

from datetime import datetime
from typing import NamedTuple

from mandegar.database import Row, ShopRead, answering_within, read_of_shop
from mandegar.database.transient import TRANSIENT_CLASSES
from mandegar.service.context import Context
from mandegar.telemetry import metrics
from mandegar.telemetry.logging import logger

log = logger(__name__)

# How long a read waits for the copy before it is sent to the primary.
REPLICA_SECONDS = 0.5


class AsOf(NamedTuple):
    """The rows of a read, and the instant as of which it is answered: whatever was committed until then is in them."""

    rows: list[Row]
    as_of: datetime


async def read_as_of(ctx: Context, read: ShopRead, shop: str, *arguments: object) -> AsOf:
    """The rows of ``read`` for ``shop``.

    Where the copy fails, the primary answers: a read does not depend on the copy.
    """
    replica = ctx.replica
    if replica is not None and (as_of := replica.as_of) is not None:
        try:
            with answering_within(REPLICA_SECONDS):
                return AsOf(await read_of_shop(replica.pool, read, shop, *arguments), as_of)
        except TRANSIENT_CLASSES as error:
            replica.lost(error)
            metrics.REPLICA_FAILURES.labels(type(error).__name__).inc()
            log.warning("read_replica_failed", error=type(error).__name__)
    now = ctx.clock.now()
    return AsOf(await read_of_shop(ctx.web, read, shop, *arguments), now)
