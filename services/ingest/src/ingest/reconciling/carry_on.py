"""Carries on comparisons and what is accepted after them, a bounded number of rows at a time, each in one transaction.

A process that dies leaves a reconciliation where its last transaction left it, and another one carries it on.
"""

import json
from datetime import datetime
from functools import partial

from ingest.reconciling.accept import accept_some
from ingest.reconciling.compare import Comparing, compare_some
from ingest.reconciling.failpoints import ReconcilingFailpoint
from ingest.reconciling.options import amount_is_of
from ingest.reconciling.rows import set_counts, set_state, take_reconciliation
from ingest.reconciling.summarise import summarise
from ingest.sources.rows import load_shop, record_of_orders
from mandegar.database import Row, WorkerConnection, transaction
from mandegar.failpoints import reach
from mandegar.service.background import every
from mandegar.service.context import Context

EVERY_SECONDS = 1.0


async def carry_on_reconciliations(context: Context) -> None:
    """Look for reconciliations every second, until cancelled."""
    await every(EVERY_SECONDS, partial(carry_on, context), name="reconciliations")


async def carry_on(context: Context) -> bool:
    """One step of the reconciliation that has waited longest; whether there was one."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        reconciliation = await take_reconciliation(connection)
        if reconciliation is None:
            return False
        if reconciliation["state"] == "accepting":
            await _accept(connection, reconciliation, context, now)
        else:
            shop = await load_shop(connection, reconciliation["shop"])
            step = Comparing(reconciliation, shop, amount_is_of(reconciliation), context.identity_key)
            await compare_some(connection, step, now)
        reach(ReconcilingFailpoint.BEFORE_COMMIT)
    context.wake_relay()
    return True


async def _accept(connection: WorkerConnection, reconciliation: Row, context: Context, now: datetime) -> None:
    """Accept some rows; without a source that may publish orders the rest stays missing."""
    id_, place = reconciliation["id"], None
    source = await record_of_orders(connection, reconciliation["shop"])
    if source is not None:
        place = await accept_some(connection, reconciliation, source, context, now)
    if place is None:
        counts = await summarise(connection, id_, amount_is_of(reconciliation))
        await set_counts(connection, id_, json.dumps(counts), now)
    else:
        await set_state(connection, id_, "accepting", now, phase="rows", place=place)
