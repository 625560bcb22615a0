"""The only module that commits. Statements that must take effect together share one of these blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import NamedTuple, cast

from asyncpg import InterfaceError
from asyncpg.transaction import Transaction

from mandegar.database.audit import Act, write_act
from mandegar.database.pool import (
    COMMAND_TIMEOUT_SECONDS,
    Connection,
    Pool,
    ReadConnection,
    Row,
    ShopConnection,
    WorkerConnection,
)
from mandegar.database.shop_read import ShopRead

# A server that takes longer to roll back counts as silent.
ROLLBACK_SECONDS = 0.25


class _Limits(NamedTuple):
    """How long a connection and BEGIN may take, and how long the whole transaction; ``None``: no limit of its own."""

    begin: float
    whole: float | None


_IN_BACKGROUND = _Limits(begin=5.0, whole=None)
_limits: ContextVar[_Limits] = ContextVar("limits", default=_IN_BACKGROUND)
_awaiting_commit: ContextVar[list[Callable[[], object]] | None] = ContextVar("awaiting_commit", default=None)


@contextmanager
def answering_within(seconds: float) -> Iterator[None]:
    """Transactions of the block raise ``TimeoutError`` after ``seconds``, so that who waits for an answer gets one."""
    token = _limits.set(_Limits(seconds * 2 / 3, seconds))
    try:
        yield
    finally:
        _limits.reset(token)


def after_commit(call: Callable[[], object]) -> None:
    """Register ``call`` to run after the enclosing worker transaction commits; a rollback discards it.

    For counters only: it does not run if the process dies, or if the outcome of the commit is unknown. Raises
    ``RuntimeError`` outside a worker transaction.
    """
    calls = _awaiting_commit.get()
    if calls is None:
        raise RuntimeError("after_commit was called outside a worker transaction")
    calls.append(call)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[WorkerConnection]:
    """One transaction of the worker role: commits when the block ends, rolls back when it raises."""
    with _collected() as calls:
        async with _transaction(pool) as connection:
            yield cast("WorkerConnection", connection)
        for call in calls:
            call()


@asynccontextmanager
async def transaction_of(act: Act, pool: Pool) -> AsyncIterator[WorkerConnection]:
    """One transaction of the worker role in which a route carries out ``act``; it ends by adding that to the audit."""
    async with transaction(pool) as connection:
        yield connection
        await write_act(connection, act)


@asynccontextmanager
async def _transaction(pool: Pool, *, readonly: bool = False, reading_many: bool = False) -> AsyncIterator[Connection]:
    limits = _limits.get()
    async with asyncio.timeout(None if reading_many else limits.whole), _begun(pool, limits.begin, readonly) as begun:
        yield begun


@asynccontextmanager
async def savepoint(connection: Connection) -> AsyncIterator[None]:
    """A part of a transaction that is undone alone when the block raises."""
    async with _ended(connection, connection.transaction()):
        yield


@asynccontextmanager
async def _begun(pool: Pool, seconds: float, readonly: bool) -> AsyncIterator[Connection]:
    """A transaction on a connection of ``pool``, which begins within ``seconds``."""
    beginning = asyncio.timeout(seconds)
    async with beginning:
        connection = await pool.acquire()
    try:
        async with _ended(connection, connection.transaction(readonly=readonly), begin_until=beginning.when()):
            yield connection
    finally:
        await pool.release(connection)


@asynccontextmanager
async def _ended(
    connection: Connection, transaction: Transaction, *, begin_until: float | None = None
) -> AsyncIterator[None]:
    """Begin a transaction or savepoint, and commit it, or roll it back if the block raises.

    asyncpg waits up to its command timeout for the server to confirm that a statement was cancelled. Here a connection
    whose server does not roll back at once is closed; the server then rolls back by itself, and the pool opens another.
    """
    try:
        async with asyncio.timeout_at(begin_until):
            await transaction.start()
        yield
        await transaction.commit()
    except BaseException:
        try:
            async with asyncio.timeout(ROLLBACK_SECONDS):
                await transaction.rollback()
        except (Exception, asyncio.CancelledError):  # noqa: BLE001  the first error is the one to raise
            with suppress(InterfaceError):  # closed before
                connection.terminate()
        raise


@contextmanager
def _collected() -> Iterator[list[Callable[[], object]]]:
    """The list to which ``after_commit`` appends during the block; emptied at its end.

    A pooled connection keeps a reference to the context in which it was used, so the list must not stay in it.
    """
    outer, calls = _awaiting_commit.get(), list[Callable[[], object]]()
    _awaiting_commit.set(calls)
    try:
        yield calls
    finally:
        _awaiting_commit.set(outer)
        calls.clear()


@asynccontextmanager
async def as_shop(pool: Pool, shop: str) -> AsyncIterator[ReadConnection]:
    """One read-only transaction of the web role; row-level security shows it the rows of ``shop`` alone."""
    async with _of_shop(pool, shop, readonly=True) as connection:
        yield cast("ReadConnection", connection)


async def read_of_shop(pool: Pool, read: ShopRead, shop: str, *arguments: object) -> list[Row]:
    """The rows of ``read`` for ``shop``, in one round trip: a transaction of its own that sees that shop alone."""
    seconds = _limits.get().whole or COMMAND_TIMEOUT_SECONDS
    return await pool.reads.fetch(read.call, shop, *arguments, seconds=seconds)


@asynccontextmanager
async def as_shop_reporting(pool: Pool, shop: str) -> AsyncIterator[ReadConnection]:
    """``as_shop`` for queries that read many rows: once begun, it may take longer than other reads."""
    async with _of_shop(pool, shop, readonly=True, reading_many=True) as connection:
        yield cast("ReadConnection", connection)


@asynccontextmanager
async def as_shop_writing(pool: Pool, act: Act) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role in which a route carries out ``act``, which it adds to the audit at its end.

    Row-level security restricts it to rows of the act's shop.
    """
    async with _of_shop(pool, act.shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)
        await write_act(cast("ShopConnection", connection), act)


async def record_refusal(pool: Pool, act: Act, code: str, times: int) -> None:
    """Add an act that was refused to the audit, in a transaction of its own."""
    async with _of_shop(pool, act.shop, readonly=False) as connection:
        await write_act(cast("ShopConnection", connection), act, code, times)


@asynccontextmanager
async def as_customer_writing(pool: Pool, shop: str) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role for the act of a customer without a token, whose own history records it."""
    async with _of_shop(pool, shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)


@asynccontextmanager
async def as_shop_counting(pool: Pool, shop: str) -> AsyncIterator[ShopConnection]:
    """One transaction of the web role that counts an attempt, whatever becomes of it: no act, so it has no line."""
    async with _of_shop(pool, shop, readonly=False) as connection:
        yield cast("ShopConnection", connection)


@asynccontextmanager
async def _of_shop(pool: Pool, shop: str, *, readonly: bool, reading_many: bool = False) -> AsyncIterator[Connection]:
    async with _transaction(pool, readonly=readonly, reading_many=reading_many) as connection:
        await connection.execute("SELECT set_config('app.shop', $1, true)", shop)
        yield connection
