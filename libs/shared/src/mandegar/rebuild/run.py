"""``python -m <service> rebuild``: applies the topics from their beginning to an empty database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mandegar.customers.timer import Timer
from mandegar.database import WorkerConnection, transaction
from mandegar.events import Event
from mandegar.lanes.beside import Beside
from mandegar.lanes.deadletters import count_open
from mandegar.rebuild.catch_up import CatchUp
from mandegar.run import rebuild_mark
from mandegar.service.context import Context
from mandegar.service.parts import S, Service
from mandegar.service.progress import progress
from mandegar.stream import Merged, Settle, Subscription


class NotRebuildable(RuntimeError):
    """The service reads no topics from which it could be rebuilt."""


async def rebuild(service: Service[S], context: Context[S]) -> int:
    """Rebuild ``service`` in the empty database of ``context``; returns the number of dead letters.

    After an interruption, another call continues. Raises ``NotEmpty`` and ``NotRebuildable``.
    """
    reads = service.rebuild_subscriptions
    if not reads:
        raise NotRebuildable(f"{service.name} reads no topics from which it could be rebuilt")
    async with transaction(context.worker) as connection:
        await rebuild_mark.begin(connection, service.name)
    unpublished = {group: _unpublished(read) for group, read in reads.items()}
    settle = service.settle_rebuilt or service.settle
    beside = Beside(context.clock, unpublished, settle, context.settings.partitions)
    for number, (group, read) in enumerate(reads.items(), start=1):
        with progress(f"{service.name} [{number}/{len(reads)}] {', '.join(read.topics)}") as bar:
            await CatchUp(context, unpublished[group], group, retention=None, topics=read.topics).run(bar.update)
            await beside.drain(context.worker)
    for part in service.parts:
        if part.rebuild is not None and part.rebuild.finish is not None:
            await part.rebuild.finish(context)
    if settle is not None:
        await _settle_due(settle, service.name, context, beside)
    await rebuild_mark.end(context.worker, service.name, context.clock.now())
    async with transaction(context.worker) as connection:
        return await count_open(connection)


def _unpublished(read: Subscription) -> Subscription:
    """``read`` without the events that it returns: the service published them before."""

    async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        await read.apply(events, connection, now)
        return ()

    async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        if read.merge is not None:
            await read.merge(merged, connection, now)
        return ()

    return replace(read, apply=apply, merge=merge if read.merge is not None else None)


async def _settle_due(settle: Settle, name: str, context: Context[S], beside: Beside) -> None:
    """Settle all due customers, as the timer of the running service does."""
    timer = Timer(context.worker, context.clock, settle, context.settings.partitions)
    async with transaction(context.worker) as connection:
        due: int = await connection.fetchval("SELECT count(*) FROM customers WHERE due_at <= $1", context.clock.now())
    with progress(f"{name} due customers") as bar:
        settled = 0
        while some := await timer.settle_due():
            settled += some
            bar.update(settled, max(settled, due))
            await beside.drain(context.worker)
