"""Draws, and what was won in them, restored from what loyalty has published."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from loyalty.account.restore import restore_facts
from loyalty.domain.orders import Fact
from loyalty.draws.events import facts_won
from loyalty.draws.rows import DrawRow, insert_draw
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import on


async def restore_draws(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Store the draw that each ``draw.held`` tells of."""
    for event in events:
        data = event.data
        row = DrawRow(
            event.shop,
            data.draw,
            data.programme_version,
            data.seed_hash,
            data.seed,
            data.begin,
            data.end,
            data.held_at,
            data.entrants,
            data.winners,
        )
        await insert_draw(connection, row)
    return ()


async def restore_winners(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store the fact that each ``draw.won`` states."""
    facts: defaultdict[CustomerKey, list[tuple[str, Fact]]] = defaultdict(list)
    for event in events:
        facts[event.customer] += facts_won(event)
    await restore_facts(connection, facts, now)
    return ()


REBUILD = Rebuild(
    reads=(
        on({"draw.held"}, restore_draws, group=f"{REBUILD_GROUP}.draws_held", locks_customers=False),
        on({"draw.won"}, restore_winners, group=REBUILD_GROUP),
    )
)
