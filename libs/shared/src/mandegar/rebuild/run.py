"""``python -m <service> rebuild``: the topics, from their beginning, into an empty database."""

from mandegar.customers.timer import Timer
from mandegar.database import transaction
from mandegar.rebuild.catch_up import CatchUp
from mandegar.run import rebuild_mark as standing
from mandegar.run.runner import Service, group_of
from mandegar.service.context import Context
from mandegar.service.progress import step


class NotRebuildable(RuntimeError):
    """This service has not said how it comes back from the topics."""


async def rebuild(service: Service, context: Context) -> int:
    """Rebuild ``service`` into the empty database of ``context``; how many records could not be applied.

    It may be interrupted anywhere: run again, it goes on. Raises ``NotEmpty`` for a database that is in use.
    """
    if service.rebuild is None:
        raise NotRebuildable(f"{service.name} keeps nothing that could be rebuilt from topics")
    async with transaction(context.worker) as connection:
        await standing.begin(connection, service.name)
    for number, read in enumerate(service.rebuild.reads, start=1):
        with step(f"{service.name} [{number}/{len(service.rebuild.reads)}] {', '.join(read.topics)}") as shown:
            await CatchUp(context, read, group_of(service, read), kept=None, topics=read.topics).run(shown.at)
    await service.rebuild.finish(context)
    await _settle(service, context)
    await standing.end(context.worker, service.name, context.clock.now())
    async with transaction(context.worker) as connection:
        letters: int = await connection.fetchval("SELECT count(*) FROM dead_letters WHERE released_at IS NULL")
    return letters


async def _settle(service: Service, context: Context) -> None:
    """Settle everybody who is due, as the timer of the running service would."""
    if service.settle is None:
        return
    timer = Timer(context.worker, context.clock, service.settle, context.settings.partitions)
    async with transaction(context.worker) as connection:
        due: int = await connection.fetchval("SELECT count(*) FROM customers WHERE due_at <= $1", context.clock.now())
    with step(f"{service.name} customers who are due") as shown:
        settled = 0
        while some := await timer.settle_due():
            settled += some
            shown.at(settled, max(settled, due))
