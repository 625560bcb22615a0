"""Carries on the repairs that run, a bounded number of events at a time, each time in one transaction.

A process that dies leaves a repair where its last transaction left it, and another one carries it on.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from ingest.desk.release_entries import SETTLED, complete_again, release_entries
from ingest.desk.repairs.failpoints import RepairFailpoint
from ingest.desk.repairs.group_rows import first_of, lock_entries, next_entries
from ingest.desk.repairs.rows import Progress, end_repair, move_repair, progress_of, take_repair
from ingest.desk.repairs.steps import read_steps
from ingest.domain.mapping import repaired
from ingest.domain.outcomes import Result
from ingest.doors.metrics import count_answers
from mandegar.database import Row, WorkerConnection, after_commit, transaction
from mandegar.failpoints import reach
from mandegar.service.background import every
from mandegar.service.context import Context

EVENTS_AT_ONCE = 100
BYTES_AT_ONCE = 1024 * 1024
EVERY_SECONDS = 1.0


async def carry_on_repairs(context: Context) -> None:
    """Look for repairs every second, until cancelled."""
    await every(EVERY_SECONDS, partial(carry_on, context), name="repairs")


async def carry_on(context: Context) -> bool:
    """One step of the repair that has waited longest; whether there was one."""
    now = context.clock.now()
    async with transaction(context.worker) as connection:
        repair = await take_repair(connection)
        if repair is None:
            return False
        if not await _step(connection, repair, now, context):
            if repair["accepted"]:
                await complete_again(connection, repair["source_id"], repair["id"], now, context)
            await end_repair(connection, repair["id"], "finished", now)
        reach(RepairFailpoint.BEFORE_COMMIT)
    context.wake_relay()
    return True


async def _step(connection: WorkerConnection, repair: Row, now: datetime, context: Context) -> bool:
    """Try the next events that were there when the repair began; whether there were any."""
    tried_until = repair["tried_until"], repair["tried_until_id"]
    ahead = await next_entries(
        connection,
        repair["shop"],
        repair["group_id"],
        after=None if repair["tried_until"] is None else tried_until,
        limit=EVENTS_AT_ONCE,
    )
    ids = first_of([row for row in ahead if row["received_at"] <= repair["started_at"]], BYTES_AT_ONCE)
    if not ids:
        return False
    last = ahead[len(ids) - 1]
    entries = await lock_entries(connection, repair["shop"], ids)
    steps = read_steps(repair["steps"])
    bodies = [(entry, repaired(entry["body"], steps)) for entry in entries]
    results = await release_entries(connection, bodies, now, context)
    after_commit(partial(count_answers, "repair", results))
    progress = _added(progress_of(repair), results)
    await move_repair(connection, repair["id"], progress, (last["received_at"], last["id"]), now)
    return True


def _added(before: Progress, results: Sequence[Result]) -> Progress:
    outcomes = Counter(result.status for result in results)
    refused = Counter(result.code or "refused" for result in results if result.status not in SETTLED)
    return Progress(
        before.tried + len(results),
        before.accepted + outcomes["accepted"],
        before.duplicates + outcomes["duplicate"],
        Counter(before.remaining) + refused,
    )
