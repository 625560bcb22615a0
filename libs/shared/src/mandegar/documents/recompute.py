"""Recomputes a shop's customers under a new version of a document, page by page; an interruption costs one page."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from mandegar.customers.locking import lock_customers
from mandegar.customers.walk import next_page
from mandegar.database import WorkerConnection, transaction
from mandegar.documents.kind import DocumentKind
from mandegar.documents.rows import record_progress, unfinished_version
from mandegar.events import CustomerKey
from mandegar.service.background import every
from mandegar.service.context import Context
from mandegar.telemetry.logging import logger

log = logger(__name__)

CUSTOMERS_AT_ONCE = 1_000
POLL_SECONDS = 2.0

# Recomputes locked customers of one shop under a version that takes effect at an instant.
Recompute: TypeAlias = Callable[[WorkerConnection, Sequence[CustomerKey], datetime], Awaitable[None]]


async def recompute(context: Context, kind: DocumentKind, apply: Recompute) -> None:
    """Recompute all customers under each new version of the kind, until cancelled."""
    await every(POLL_SECONDS, lambda: recompute_some(context, kind, apply), name=f"recompute {kind.table}")


async def recompute_some(context: Context, kind: DocumentKind, apply: Recompute) -> bool:
    """Recompute the next page of customers under the oldest unfinished version; False if there is none."""
    async with transaction(context.worker) as connection:
        unfinished = await unfinished_version(connection, kind)
        if unfinished is None:
            return False
        shop, name, version, effective_from, recomputed_to = unfinished
        present, last = await lock_page(connection, shop, recomputed_to, context.settings.partitions)
        await apply(connection, present, effective_from)
        await record_progress(connection, kind, (shop, name, version), to=last, now=context.clock.now())
    log.info("recomputing", kind=kind.noun, shop=shop, document=name, version=version, done=last is None)
    context.wake_timer()
    return True


async def lock_page(
    connection: WorkerConnection, shop: str, after: str, partitions: int
) -> tuple[list[CustomerKey], str | None]:
    """The next customers of a shop after an id, locked, without aliases and erased ones; and the cursor behind them."""
    page = await next_page(connection, shop, after, CUSTOMERS_AT_ONCE)
    customers = [CustomerKey(shop, customer_id) for customer_id in page.customer_ids]
    standings = await lock_customers(connection, customers, partitions)
    return [key for key in customers if key not in standings.roots and not standings.is_erased(key)], page.last
