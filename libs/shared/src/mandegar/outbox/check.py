"""Tells the probes what the relay could not publish."""

import asyncio

from mandegar.database import Pool, is_transient, transaction
from mandegar.outbox.relay import Relay
from mandegar.outbox.rows import count_set_aside

QUERY_SECONDS = 1.0


async def unpublished(relay: Relay, pool: Pool) -> str | None:
    """A sentence about topics that the broker refuses and rows that were set aside, or None."""
    found = [f"the broker refuses {topic} ({reason})" for topic, reason in sorted(relay.refused.reasons.items())]
    try:
        async with asyncio.timeout(QUERY_SECONDS), transaction(pool) as connection:
            rows = await count_set_aside(connection)
    except Exception as error:
        if not is_transient(error):
            raise
        rows = 0  # the check of the database tells that it does not answer
    if rows:
        found.append(f"{rows} rows of the outbox were set aside: release or drop them at /v1/deadletters")
    return "; ".join(found) or None
