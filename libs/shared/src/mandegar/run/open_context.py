"""Opens what a process or command of a service works with: its keys and its connections to the database."""

from contextlib import AsyncExitStack
from typing import NamedTuple

from mandegar.clock import Clock
from mandegar.database import Pool, open_pool
from mandegar.database.pool import BY_SET
from mandegar.run.keys import open_tokens
from mandegar.run.replica import open_replica
from mandegar.run.upkeep import wait_for_migrations
from mandegar.service.context import Context
from mandegar.service.parts import S, Service
from mandegar.service.role import Role
from mandegar.wakeup import Wakeup


class Connections(NamedTuple):
    """The most connections of each pool."""

    worker: int
    web: int
    reporting: int


# Beside these a worker has three: two of the relay, and one on which it is woken; and two more while its lane beside
# has work. A pool opens a connection when it
# first needs one; a worker's pools of the web role serve its background tasks, few of which read with that role.
CONNECTIONS = {
    Role.ALL: Connections(worker=8, web=6, reporting=2),
    Role.WEB: Connections(worker=4, web=6, reporting=2),
    Role.WORKER: Connections(worker=8, web=1, reporting=1),
}

# The pools of a process, behind the name of its service. Those of a command have other names: it works beside them.
PROCESS_POOLS = ("worker", "web", "reporting")


async def open_context(service: Service[S], settings: S, stack: AsyncExitStack, role: Role | None = None) -> Context[S]:
    """Open the pools and build the context of a process, or of a command without a role; ``stack`` closes them.

    Raises one of ``START_UP_FAILURES`` if the database does not answer or was not migrated.
    """
    tokens = await open_tokens(settings)
    worker_url = settings.worker_database_url.get_secret_value()
    web_url = settings.web_database_url.get_secret_value()
    await wait_for_migrations(worker_url)
    most = CONNECTIONS[role or Role.WORKER]
    answers = role is not None and role.answers
    kept = 1 if answers else 0
    worker_name, web_name, reporting_name = (
        f"{service.name}-{pool}" if role is not None else f"{service.name}-command-{pool}" for pool in PROCESS_POOLS
    )

    def close(pool: Pool) -> Pool:
        stack.callback(pool.terminate)
        return pool

    clock = Clock.parse(settings.clock)
    return service.extend(
        Context(
            name=service.name,
            settings=settings,
            clock=clock,
            worker=(worker := close(await open_pool(worker_url, name=worker_name, size_max=most.worker))),
            web=close(await open_pool(web_url, name=web_name, size_min=kept, size_max=most.web)),
            reporting=close(
                await open_pool(web_url, name=reporting_name, size_min=kept, size_max=most.reporting, reading=BY_SET)
            ),
            tokens=tokens,
            wake_relay=Wakeup(),
            wake_timer=Wakeup(),
            replica=await open_replica(service.name, settings, worker, clock, stack) if answers else None,
        )
    )
