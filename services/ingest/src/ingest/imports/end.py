"""Finishing and stopping an import."""

from uuid import UUID, uuid4

from ingest.context import IngestContext
from ingest.imports.import_rows import get_import, set_state
from ingest.imports.part_rows import received_lines
from ingest.imports.reading import first_line_of
from ingest.imports.schemas import Reading
from ingest.imports.take import unknown_import
from ingest.sources.events import publish_to_every_partition, source_closed
from ingest.sources.imports_source import imports_source_id
from ingest.sources.rows import get_source
from mandegar.database import Act, Row, transaction_of
from mandegar.web import Problem


async def finish(context: IngestContext, act: Act, import_id: UUID) -> Row:
    """End an import that has taken its lines without a gap; raises ``Problem`` 404 or 409.

    What it accepted is announced as complete, so that its customers settle at once. Its source stays open for the next
    import. The lock on the source waits for transactions that are accepting its events: the announcement follows them.
    """
    now = context.clock.now()
    async with transaction_of(act, context.worker) as connection:
        found = await get_import(connection, act.shop, import_id, lock=True)
        if found is None:
            raise unknown_import()
        if found["state"] == "finished":
            return found
        received = await received_lines(connection, import_id, 2)
        first = first_line_of(Reading.model_validate_json(found["options"]))
        if len(received) > 1 or (received and received[0]["first_line"] > first):
            missing = received[0]["next_line"] if received[0]["first_line"] <= first else first
            title = f"The import has not taken line {missing}"
            raise Problem(409, "lines_missing", title, "Send the missing lines first, or stop the import")
        if not found["dry_run"]:
            source_id = imports_source_id(act.shop)
            await get_source(connection, act.shop, source_id, lock=True)
            partitions = context.settings.partitions
            # Every end is news of its own, also that of an import which was stopped and taken up again.
            closed = source_closed(act.shop, source_id, now, partitions, uuid4())
            await publish_to_every_partition(connection, closed)
        ended = await set_state(connection, import_id, "finished", now)
    context.wake_relay()
    return ended


async def stop(context: IngestContext, act: Act, import_id: UUID) -> Row:
    """Stop an import; raises ``Problem`` 404. What was accepted stays, and the same file can go on later."""
    async with transaction_of(act, context.worker) as connection:
        found = await get_import(connection, act.shop, import_id, lock=True)
        if found is None:
            raise unknown_import()
        if found["state"] != "running":
            return found
        return await set_state(connection, import_id, "stopped", context.clock.now())
