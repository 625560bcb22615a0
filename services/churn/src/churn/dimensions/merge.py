"""Puts together what is known of customers who turn out to be one."""

from collections.abc import Sequence
from datetime import datetime

from churn.dimensions.rows import NOBODY, State, delete, load, turnovers, write
from churn.domain.dimensions import Origin, as_one_person
from churn.domain.turnover import spans_in
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Give what is known of aliases to their roots. The library keeps the group of the cards out meanwhile."""
    if not merged:
        return ()
    before = await load(connection, {key for each in merged for key in (each.alias, each.root)})
    origins: dict[CustomerKey, Origin] = {}
    for alias, root, _ in sorted(merged):
        # Also of an alias without a row: an order that moved away from the root may have moved to it.
        if alias in before or root in before:
            known = origins.get(root) or before.get(root, NOBODY).origin
            origins[root] = as_one_person(known, before.get(alias, NOBODY).origin)
    if not origins:
        return ()
    written = await turnovers(connection, origins)
    aliases = {each.alias for each in merged} & before.keys()
    if aliases:
        await delete(connection, aliases)
    after = {root: State(origin, spans_in(written.get(root, b""))) for root, origin in origins.items()}
    await write(connection, {key: state for key, state in before.items() if key in aliases or key in after}, after)
    return ()
