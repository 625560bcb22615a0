"""Accepting an event from quarantine after all."""

from uuid import UUID

from ingest.desk.quarantine.require_entry import require_open
from ingest.domain.candidates import Refusal
from ingest.domain.normalise import Reading
from ingest.domain.outcomes import Result
from ingest.doors.metrics import count_answers
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from ingest.hallway.accept import accept
from ingest.hallway.rows.quarantine import resolve
from ingest.sources.rows import load_sources
from mandegar.database import Act, transaction_of
from mandegar.outbox.rows import write_outbox
from mandegar.service.context import Context
from mandegar.web import Problem


async def release(context: Context, act: Act, quarantine_id: UUID, repaired: bytes) -> Result:
    """Accept the ``repaired`` event, or the stored one if that is empty, under the present settings of its source.

    Raises ``Problem`` 404, 409 if it is not open, or 422 with the event's code if it still cannot be accepted.
    """
    now = context.clock.now()
    async with transaction_of(act, context.worker) as connection:
        row = await require_open(connection, act.shop, quarantine_id)
        source = (await load_sources(connection, [row["source_id"]]))[row["source_id"]]
        # An event that states no time happened when it was sent, not when it is released.
        reading = Reading(source, now, context.identity_key, sent_at=row["sent_at"] or row["received_at"])
        arrival = read_event(NATIVE, repaired or row["body"], 0, reading, fallback_id=row["native_id"])
        if isinstance(arrival, Refusal):
            raise _not_accepted(arrival.code, arrival.detail)
        accepted = await accept(connection, [arrival], now, context.settings.partitions)
        (result,) = accepted.results
        if result.status not in ("accepted", "duplicate"):
            raise _not_accepted(result.code or "refused", result.detail)
        await write_outbox(connection, accepted.outgoing)
        await resolve(connection, quarantine_id, "released", now)
    count_answers("release", [result])
    context.wake_relay()
    return result


def _not_accepted(code: str, detail: str | None) -> Problem:
    return Problem(422, code, "The event still cannot be accepted", detail)
