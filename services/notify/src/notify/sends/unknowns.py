"""Sends of which nobody knows: leases that ran out, and the questions to providers that can answer them."""

from collections.abc import Mapping
from datetime import timedelta

from mandegar.clock import Clock
from mandegar.database import Pool, Row, transaction
from mandegar.outbox import write_outbox
from mandegar.telemetry.logging import logger
from notify.channels.channel import Channel
from notify.sends import record_rows as recording
from notify.sends.events import decided_events
from notify.sends.record import FIRST_LOOKUP, result_of_lookup, write_result

log = logger(__name__)

BATCH = 20
ASK_FOR = timedelta(hours=24)


async def settle_lost_workers(pool: Pool, clock: Clock) -> int:
    """Call unknown what a worker claimed and never told about; how many."""
    now = clock.now()
    async with transaction(pool) as connection:
        rows = await recording.expire_leases(connection, now, BATCH)
        await write_outbox(connection, decided_events(rows, now))
    if rows:
        log.warning("sends_unknown", reason="worker_lost", sends=len(rows))
    return len(rows)


async def look_up_unknowns(pool: Pool, clock: Clock, channels: Mapping[str, Channel]) -> int:
    """Ask the providers about unknown sends whose time to ask has come; how many were asked about."""
    async with transaction(pool) as connection:
        rows = await recording.load_unknown(connection, clock.now(), BATCH)
    for row in rows:
        await _look_up(pool, clock, channels[row["channel"]], row)
    return len(rows)


async def _look_up(pool: Pool, clock: Clock, channel: Channel, row: Row) -> None:
    outcome = await channel.lookup(row["send_id"]) if channel.can_look_up else None
    now = clock.now()
    if outcome is not None:
        await write_result(pool, result_of_lookup(row["send_id"], row["attempt"], outcome, now), "unknown", now)
        return
    age = now - row["decided_at"]
    again = now + max(age, FIRST_LOOKUP) if channel.can_look_up and age < ASK_FOR else None
    async with transaction(pool) as connection:
        await recording.put_off_lookup(connection, row["send_id"], row["attempt"], again)
