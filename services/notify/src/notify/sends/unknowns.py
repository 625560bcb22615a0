"""Unknown sends: leases that expired, and the look-ups at providers that can resolve them."""

from collections.abc import Mapping
from datetime import timedelta

from mandegar.clock import Clock, monotonic_seconds
from mandegar.database import Pool, transaction
from mandegar.outbox import write_outbox
from mandegar.telemetry.logging import logger
from notify.channels.channel import Channel
from notify.domain.consent import ChannelName
from notify.sends import attempt_rows
from notify.sends.attempt_rows import Unknown
from notify.sends.call import look_up
from notify.sends.events import decided_events
from notify.sends.record import FIRST_LOOKUP, result_of_lookup, write_result

log = logger(__name__)

BATCH = 20
ASK_FOR = timedelta(hours=24)
# Sends wait for the look-ups of a round, so a provider that answers slowly is asked fewer questions in it.
BEGIN_WITHIN_SECONDS = 5.0


async def settle_lost_workers(pool: Pool, clock: Clock) -> int:
    """Make sends with an expired lease unknown; returns how many."""
    now = clock.now()
    async with transaction(pool) as connection:
        sends = await attempt_rows.expire_leases(connection, now, BATCH)
        await write_outbox(connection, decided_events(sends, now))
    if sends:
        log.warning("sends_unknown", reason="worker_lost", sends=len(sends))
    return len(sends)


async def look_up_unknowns(pool: Pool, clock: Clock, channels: Mapping[ChannelName, Channel]) -> int:
    """Ask these providers about unknown sends whose look-up is due, for some seconds; returns about how many."""
    async with transaction(pool) as connection:
        due = await attempt_rows.load_unknown(connection, channels.keys(), clock.now(), BATCH)
    begin_until, asked = monotonic_seconds() + BEGIN_WITHIN_SECONDS, 0
    for unknown in due:
        if monotonic_seconds() > begin_until:
            break
        await _look_up(pool, clock, channels[unknown.channel], unknown)
        asked += 1
    return asked


async def _look_up(pool: Pool, clock: Clock, channel: Channel, unknown: Unknown) -> None:
    outcome = await look_up(channel, unknown.send_id) if channel.can_look_up else None
    now = clock.now()
    if outcome is not None:
        await write_result(pool, result_of_lookup(unknown, outcome, now), "unknown", now)
        return
    age = now - unknown.decided_at
    again = now + max(age, FIRST_LOOKUP) if channel.can_look_up and age < ASK_FOR else None
    async with transaction(pool) as connection:
        await attempt_rows.put_off_lookup(connection, unknown, again)
