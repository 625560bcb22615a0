"""What each service says must always hold of its rows, asked of the databases of a run."""

from collections.abc import Mapping

from churn.main import SERVICE as CHURN
from ingest.main import SERVICE as INGEST
from loyalty.main import SERVICE as LOYALTY
from mandegar.database import open_pool, transaction
from mandegar.service.parts import invariant_violations
from notify.main import SERVICE as NOTIFY

SERVICES = (INGEST, LOYALTY, CHURN, NOTIFY)


async def broken(databases: Mapping[str, str]) -> list[str]:
    """A sentence for everything that breaks one; the limits on messages are the defaults."""
    found = []
    for service in SERVICES:
        defaults = service.settings.model_construct()
        pool = await open_pool(databases[service.name], name="faults", size_max=1)
        try:
            async with transaction(pool) as connection:
                broken_now = await invariant_violations(service, connection, defaults)
                found += [f"{service.name}: {each.invariant}: {each.row}" for each in broken_now]
        finally:
            await pool.close()
    return found
