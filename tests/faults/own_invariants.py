"""What each service says must always hold of its rows, asked of the databases of a run."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

from churn import invariants as churn
from ingest import invariants as ingest
from loyalty import invariants as loyalty
from mandegar.database import Connection, open_pool, transaction
from mandegar.database.invariants import Broken
from notify.sends import invariants as notify
from notify.settings import NotifySettings

Find: TypeAlias = Callable[[Connection], Awaitable[list[Broken]]]

_DEFAULTS = NotifySettings.model_fields
INVARIANTS: Mapping[str, Find] = {
    "ingest": ingest.broken_invariants,
    "loyalty": loyalty.broken_invariants,
    "churn": churn.broken_invariants,
    "notify": partial(
        notify.broken_invariants,
        cap_messages=_DEFAULTS["cap_messages"].default,
        cap_days=_DEFAULTS["cap_days"].default,
    ),
}


async def broken(databases: Mapping[str, str]) -> list[str]:
    """A sentence for everything that breaks one."""
    found = []
    for service, find in INVARIANTS.items():
        pool = await open_pool(databases[service], name="faults", size_max=1)
        try:
            async with transaction(pool) as connection:
                found += [f"{service}: {each.invariant}: {each.found}" for each in await find(connection)]
        finally:
            await pool.close()
    return found
