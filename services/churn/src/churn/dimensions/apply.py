"""Applies what says to which parts customers belong: their orders, and that loyalty has told of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from churn.dimensions.rows import NOBODY, State, keep_turnovers, load, share_first_orders, turnovers, write
from churn.domain.dimensions import TYPES, UNKNOWN, Origin, told_by, united
from churn.domain.turnover import spans_in
from mandegar.customers.moved_orders import moves_that_stay
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import on

MEMBER_TYPES = frozenset({"points.posted", "credit.posted", "tier.changed"})


async def follow_turnovers(
    connection: WorkerConnection, spans: Mapping[CustomerKey, bytes], first: Collection[CustomerKey]
) -> None:
    """Let the parts of locked customers count for the turnovers ``spans``, which those in ``first`` had none before."""
    if first:
        await share_first_orders(connection)
    if spans:
        before = await load(connection, spans)
        await write(connection, before, {key: State(before[key].origin, spans[key]) for key in before})


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Note what orders say. Their customers are locked by the room that scores them, which has written them before."""
    stay = await moves_that_stay(connection, events)
    told: dict[CustomerKey, Origin] = {}
    for event in events:
        if event.id not in stay and (origin := told_by(event)) != UNKNOWN:
            told[event.customer] = united(told.get(event.customer, UNKNOWN), origin)
    if not told:
        return ()
    before = await load(connection, told)
    if absent := told.keys() - before.keys():
        # Also of who has no order that counts: a row of ``customers`` that is new keeps nobody waiting.
        await share_first_orders(connection)
        before |= await load(connection, absent)
    origins = {key: united(before.get(key, NOBODY).origin, origin) for key, origin in told.items()}
    changed = {key: origin for key, origin in origins.items() if origin != before.get(key, NOBODY).origin}
    if changed:
        written = await turnovers(connection, changed)
        after = {key: State(origin, spans_in(written.get(key, b""))) for key, origin in changed.items()}
        await write(connection, {key: state for key, state in before.items() if key in after}, after)
    return ()


async def apply_loyalty(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Make members of those whom loyalty tells of: it locks those who are none yet, with or without a row."""
    keys = {event.customer for event in events if getattr(event.data, "merged_into", None) is None}
    before = await load(connection, keys) if keys else {}
    joining = {key for key in keys if not before.get(key, NOBODY).origin.member}
    if not joining:
        return ()
    locked = await keep_turnovers(connection, joining)
    before = await load(connection, joining)
    after = {}
    for key in joining:
        state = before.get(key, NOBODY)
        spans = spans_in(locked[key]) if key in locked else state.spans
        after[key] = State(state.origin._replace(member=True), spans)
    await write(connection, before, after)
    return ()


READS = (on(TYPES, apply), on(MEMBER_TYPES, apply_loyalty, group="card", locks_customers=False))
