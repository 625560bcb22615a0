"""Bringing a shop's customers under a new version of a document, some at a time, wherever it was interrupted."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from mandegar.database import Connection, transaction
from mandegar.documents.rows import record_progress, unfinished_version
from mandegar.documents.tables import DocumentKind
from mandegar.events import CustomerKey
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

CUSTOMERS_AT_ONCE = 1_000

# Brings locked customers of one shop under a version that takes effect at an instant.
Bring: TypeAlias = Callable[[Connection, Sequence[CustomerKey], datetime], Awaitable[None]]


async def recompute_some(context: Context, kind: DocumentKind, bring: Bring) -> bool:
    """Bring the next customers under the oldest unfinished version; False if every version has reached everybody."""
    async with transaction(context.worker) as connection:
        unfinished = await unfinished_version(connection, kind)
        if unfinished is None:
            return False
        shop, name, version, effective_from, recomputed_to = unfinished
        ids = await _customers_after(connection, shop, recomputed_to)
        await bring(connection, [CustomerKey(shop, customer_id) for customer_id in ids], effective_from)
        to = ids[-1] if len(ids) == CUSTOMERS_AT_ONCE else None
        await record_progress(connection, kind, (shop, name, version), to=to, now=context.clock.now())
    log.info("recomputing", kind=kind.noun, shop=shop, document=name, version=version, done=to is None)
    context.wake_timer()
    return True


async def _customers_after(connection: Connection, shop: str, customer_id: str) -> list[str]:
    """The next customers of a shop in the order of the primary key, locked in the order in which everybody locks."""
    rows = await connection.fetch(
        "SELECT customer_id FROM customers WHERE shop = $1 AND customer_id > $2 ORDER BY customer_id LIMIT $3",
        shop,
        customer_id,
        CUSTOMERS_AT_ONCE,
    )
    ids = [row["customer_id"] for row in rows]
    await connection.execute(
        """
        SELECT FROM customers WHERE shop = $1 AND customer_id = ANY($2::text[])
        ORDER BY customer_id COLLATE "C" FOR UPDATE
        """,
        shop,
        ids,
    )
    return ids
