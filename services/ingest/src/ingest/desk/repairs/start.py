"""Beginning and stopping a repair."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from ingest.context import IngestContext
from ingest.desk.repairs.group_rows import count_group, load_entries, next_entries
from ingest.desk.repairs.require_group import unknown_group, unknown_repair
from ingest.desk.repairs.rows import end_repair, insert_repair, lock_repair, running_repair
from ingest.desk.repairs.steps import StepBody, write_steps
from mandegar.database import Act, Row, transaction_of
from mandegar.web import Problem


async def start(context: IngestContext, act: Act, group_id: UUID, bodies: Sequence[StepBody]) -> Row:
    """Begin to repair all events of a group that are there now; the same repair if it runs already.

    Raises ``Problem`` 404, or 409 if another repair of the group runs.
    """
    now, steps = context.clock.now(), write_steps(bodies)
    async with transaction_of(act, context.worker) as connection:
        oldest = await next_entries(connection, act.shop, group_id, after=None, limit=1)
        entries = await load_entries(connection, act.shop, [row["id"] for row in oldest])
        if not entries:
            raise unknown_group()
        begun = await insert_repair(
            connection,
            act.shop,
            group_id,
            uuid4(),
            source_id=entries[0]["source_id"],
            steps=steps,
            events=await count_group(connection, act.shop, group_id),
            now=now,
        )
        running = begun or await running_repair(connection, act.shop, group_id)
        if running is None or running["steps"] != steps:
            raise _other_runs(running)
    return running


async def stop(context: IngestContext, act: Act, repair_id: UUID) -> Row:
    """Stop a repair behind the step that it is at; raises ``Problem`` 404. What was accepted stays accepted."""
    async with transaction_of(act, context.worker) as connection:
        repair = await lock_repair(connection, act.shop, repair_id)
        if repair is None:
            raise unknown_repair()
        return await end_repair(connection, repair_id, "stopped", context.clock.now()) or repair


def _other_runs(running: Row | None) -> Problem:
    return Problem(
        409,
        "repair_running",
        "Another repair of this group runs",
        "Wait for its end, or stop it: POST /v1/quarantine/repairs/{repair_id}/stop",
        **({} if running is None else {"repair_id": running["id"]}),
    )
