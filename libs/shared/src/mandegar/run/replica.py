"""The read replica of a process: opened if the settings name one, and followed while the process serves routes."""

from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

from mandegar.clock import Clock
from mandegar.database import Pool, open_pool
from mandegar.service.context import Context
from mandegar.service.health import Health
from mandegar.service.replica import Replica
from mandegar.service.settings import ServiceSettings


async def open_replica(
    name: str, settings: ServiceSettings, primary: Pool, clock: Clock, stack: AsyncExitStack
) -> Replica | None:
    """The replica that the settings name; nothing is connected yet, so that a process starts without it."""
    url = settings.read_database_url.get_secret_value()
    if not url:
        return None
    pool = await open_pool(url, name=f"{name}-reads", size_max=6, size_min=0)
    stack.callback(pool.terminate)
    return Replica(pool, primary, clock, lag_seconds_max=settings.read_lag_seconds)


def watch_replica(context: Context[Any], health: Health) -> dict[str, Coroutine[Any, Any, None]]:
    """The task that follows the replica, and its check."""
    if context.replica is None:
        return {}
    health.optional_checks["read replica"] = context.replica.check
    return {"replica": context.replica.run()}
