"""Several processes of one service side by side, as a deployment has them: one for each core."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from bench.limits import UNLIMITED
from bench.stage import Stage
from harness.databases import ServiceDatabase
from harness.processes import Process, service_process

MEMBERS = 2


@asynccontextmanager
async def members_of(
    database: ServiceDatabase, stage: Stage, prefix: str, count: int = MEMBERS, **settings: str
) -> AsyncIterator[Sequence[Process]]:
    """So many ready processes of ``database``'s service."""
    async with AsyncExitStack() as stack:
        members = []
        for number in range(count):
            log = stage.directory / f"{prefix}{number}.log"
            extra = {**UNLIMITED, "MANDEGAR_INSTANCE": str(number), **settings}
            member = service_process(database, stage.kafka, prefix, log, **extra)
            members.append(await stack.enter_async_context(member))
        yield members
