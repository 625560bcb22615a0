"""Group commit of commands: those that arrive together share one transaction, and each is answered after its commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from mandegar.clock import monotonic_seconds
from mandegar.customers.waiting_room import WaitingRoom
from mandegar.database import Pool, WorkerConnection, is_transient, transaction
from mandegar.database.bisect import CAUSED_BY_DATA, apply_or_bisect
from mandegar.events import Event
from mandegar.failpoints import StreamFailpoint, reach
from mandegar.outbox.rows import write_outbox

# Commands of one transaction, and commands that may wait for theirs.
COMMANDS_MAX = 100
WAITING_MAX = 1_000
# For how long a transaction is tried again while the database fails.
PATIENCE_SECONDS = 4.0
RETRY_SECONDS = 0.1

Command = TypeVar("Command")
Answer = TypeVar("Answer")


class Busy(Exception):
    """Too many commands of the shop wait; retry shortly. Nothing was done."""


class Unavailable(Exception):
    """The database did not answer in time. The command may have been carried out: retry with the same key."""


class Applied(NamedTuple, Generic[Answer]):
    """The answers to commands, in their order, and the events to publish."""

    answers: Sequence[Answer]
    outgoing: Sequence[Event] = ()


Apply = Callable[[Sequence[Command], WorkerConnection, datetime], Awaitable[Applied[Answer]]]


class _Failed(NamedTuple):
    """What the command raised when it was applied alone."""

    error: Exception


class _Waiting(NamedTuple, Generic[Command, Answer]):
    command: Command
    answer: "asyncio.Future[Answer]"


class GroupCommit(Generic[Command, Answer]):
    """One writer for the commands of this process, those of a shop in order of arrival; shops take turns.

    Whatever arrives while a transaction runs is applied in one of the next, so a command that comes alone waits for
    nobody. ``shop_of`` tells whose a command is. ``apply`` locks what it changes; a command whose data the database
    refuses fails alone.
    """

    def __init__(
        self,
        pool: Pool,
        now: Callable[[], datetime],
        apply: Apply[Command, Answer],
        *,
        shop_of: Callable[[Command], str],
        on_committed: Callable[[], None] = lambda: None,
        waiting_max: int = WAITING_MAX,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._pool, self._now, self._apply, self._on_committed = pool, now, apply, on_committed
        self._shop_of, self._patience = shop_of, patience_seconds
        self._queue: WaitingRoom[_Waiting[Command, Answer]] = WaitingRoom(waiting_max)
        self._waiting_max = waiting_max
        self._writer: asyncio.Task[None] | None = None

    async def submit(self, command: Command) -> Answer:
        """Apply a command and return its answer once it is committed.

        Raises ``Busy``, ``Unavailable``, or what ``apply`` raises for this command alone.
        """
        waiting = _Waiting[Command, Answer](command, asyncio.get_running_loop().create_future())
        if not self._queue.add(self._shop_of(command), waiting):
            raise Busy
        if self._writer is None or self._writer.done():
            # In a context of its own: it outlives the request, and has a limit of its own.
            self._writer = asyncio.create_task(self._write(), context=Context())
        return await waiting.answer

    async def _write(self) -> None:
        await asyncio.sleep(0)  # the other requests of this turn of the loop
        while self._queue:
            some = self._queue.take(COMMANDS_MAX)
            # Whoever has gone away by now is not waiting for an answer: nothing is done for them.
            some = [waiting for waiting in some if not waiting.answer.done()]
            if not some:
                continue
            try:
                answers = await self._flush([waiting.command for waiting in some])
            except BaseException as error:
                self._fail(some, error if isinstance(error, Exception) else Unavailable())
                if not isinstance(error, Exception):
                    self._fail(self._queue.take(self._waiting_max), Unavailable())
                    raise
                if isinstance(error, Unavailable):  # instead of letting each wait for as long again
                    self._fail(self._queue.take(self._waiting_max), error)
            else:
                self._on_committed()
                for waiting, answer in zip(some, answers, strict=True):
                    if waiting.answer.done():
                        continue
                    if isinstance(answer, _Failed):
                        waiting.answer.set_exception(answer.error)
                    else:
                        waiting.answer.set_result(answer)

    @staticmethod
    def _fail(some: Sequence[_Waiting[Command, Answer]], error: Exception) -> None:
        for waiting in some:
            if not waiting.answer.done():
                waiting.answer.set_exception(error)

    async def _flush(self, commands: Sequence[Command]) -> Sequence[Answer | _Failed]:
        deadline = monotonic_seconds() + self._patience
        while True:
            try:
                async with asyncio.timeout(max(deadline - monotonic_seconds(), 0)):
                    return await self._commit(commands)
            except Exception as error:
                if not is_transient(error):
                    raise
                if monotonic_seconds() + RETRY_SECONDS >= deadline:
                    raise Unavailable from error
            await asyncio.sleep(RETRY_SECONDS)

    async def _commit(self, commands: Sequence[Command]) -> Sequence[Answer | _Failed]:
        """Apply the commands in one transaction, or in a second one where the data of one of them were refused.

        Bisecting takes a savepoint for each part, and hardly any transaction needs it.
        """
        try:
            async with transaction(self._pool) as connection:
                applied = await self._apply(commands, connection, self._now())
                await write_outbox(connection, applied.outgoing)
                reach(StreamFailpoint.COMMANDS_BEFORE_COMMIT)
        except CAUSED_BY_DATA as error:
            if is_transient(error):
                raise
            return await self._commit_some(commands)
        reach(StreamFailpoint.COMMANDS_AFTER_COMMIT)
        return applied.answers

    async def _commit_some(self, commands: Sequence[Command]) -> Sequence[Answer | _Failed]:
        now = self._now()

        async def apply(some: Sequence[Command]) -> Sequence[Answer | _Failed]:
            applied = await self._apply(some, connection, now)
            await write_outbox(connection, applied.outgoing)
            return applied.answers

        async def refuse(_: Command, error: Exception) -> Sequence[Answer | _Failed]:
            return [_Failed(error)]

        async with transaction(self._pool) as connection:
            return await apply_or_bisect(commands, apply, refuse, connection)
