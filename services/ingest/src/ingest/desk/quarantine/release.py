"""Accepting an event from quarantine after all."""

from uuid import UUID

from ingest.desk.quarantine.require_entry import require_open
from ingest.desk.release_entries import SETTLED, complete_again, release_entries
from ingest.domain.outcomes import Result
from ingest.doors.metrics import count_answers
from mandegar.database import Act, transaction_of
from mandegar.service.context import Context
from mandegar.web import Problem


async def release(context: Context, act: Act, quarantine_id: UUID, repaired: bytes) -> Result:
    """Accept the ``repaired`` event, or the stored one if that is empty, under the present settings of its source.

    Raises ``Problem`` 404, 409 if it is not open, or 422 with the event's code if it still cannot be accepted.
    """
    now = context.clock.now()
    async with transaction_of(act, context.worker) as connection:
        entry = await require_open(connection, act.shop, quarantine_id)
        (result,) = await release_entries(connection, [(entry, repaired or entry["body"])], now, context)
        if result.status not in SETTLED:
            raise Problem(422, result.code or "refused", "The event still cannot be accepted", result.detail)
        await complete_again(connection, entry["source_id"], quarantine_id, now, context)
    count_answers("release", [result])
    context.wake_relay()
    return result
