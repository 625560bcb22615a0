"""PostgreSQL as one local process, from the binaries inside a wheel, which are called directly."""

import asyncio
import secrets
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from mandegar_local.children import ChildServer, last_lines, start_child, stop_leftover
from mandegar_local.failure import StackError
from mandegar_local.ports import require_free
from mandegar_local.postgres_cluster import Cluster, initialise, locate_cluster

_READY_SECONDS = 300.0  # after a kill -9 it first repeats what its log holds
# A commit still reaches the operating system, so it outlives a kill -9 of the server, only not a power cut.
_FAST = ("fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


@dataclass(frozen=True)
class PostgresServer(ChildServer):
    """A running database server. `admin_url` is the superuser's, with its password."""

    admin_url: str


def start_postgres(
    directory: Path,
    port: int,
    *,
    fast: bool = False,
    log: Callable[[str], None],
    log_file: Path | None = None,
) -> PostgresServer:
    """Start a server on a loopback port with its data in `directory`, and return when it answers a query.

    Data survives a restart, with `fast` (for tests) not a power cut. As root it runs as another account; if that
    account cannot reach `directory` the data lies under /var/tmp and one line says so. Blocks for about one second.
    Raises StackError when the port is taken or the server does not come up.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    log_file = log_file or directory / "postgres.log"
    pid_file = directory / "postgres.pid"
    if stop_leftover(pid_file, signal.SIGINT):
        log("PostgreSQL: stopped a server that an earlier run left behind")
    require_free("PostgreSQL", port)
    cluster = locate_cluster(directory, log)
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(directory, cluster, log, fast=fast)
    password = (directory / "superuser").read_text()
    cluster.forget_dead_postmaster()
    child = start_child(
        [cluster.binaries / "postgres", "-D", cluster.data, *_settings(port, fast=fast)],
        pid_file=pid_file,
        log_file=log_file,
        user=cluster.user,
        environment={"LC_ALL": "C", "TZ": "UTC"},
        stop_signal=signal.SIGINT,
    )
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    try:
        ready = _wait_until_answers(url, gone=lambda: child.exit_code is not None)
    except BaseException:
        child.stop(3)
        raise
    if not ready:
        child.stop(3)
        raise StackError(f"PostgreSQL did not come up; the end of {log_file}:\n{last_lines(log_file)}")
    log(f"PostgreSQL: ready on 127.0.0.1:{port}")
    return PostgresServer(child, url)


def _initialise(directory: Path, cluster: Cluster, log: Callable[[str], None], *, fast: bool) -> None:
    log("PostgreSQL: creating its data directory")
    password = secrets.token_urlsafe(24)
    initialise(cluster, password, sync=not fast)
    superuser = directory / "superuser"
    superuser.touch(mode=0o600)
    superuser.write_text(password)


def _settings(port: int, *, fast: bool) -> list[str]:
    settings = [
        "listen_addresses=127.0.0.1",
        f"port={port}",
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=256MB",
        "max_wal_size=2GB",
        "log_min_messages=warning",
        "log_line_prefix=%m [%p] %q%u@%d ",
        "log_timezone=UTC",
        "timezone=UTC",
        *(_FAST if fast else ()),
    ]
    return [part for setting in settings for part in ("-c", setting)]


def _wait_until_answers(url: str, *, gone: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    with ThreadPoolExecutor(max_workers=1) as thread:
        while time.monotonic() < deadline and not gone():
            if thread.submit(lambda: asyncio.run(answers(url))).result():
                return True
            time.sleep(0.05)
    return False


async def answers(url: str, *, seconds: float = 5.0) -> bool:
    """Whether the server answers a query within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            connection = await asyncpg.connect(url, ssl=False)
            try:
                await connection.fetchval("select 1")
            finally:
                await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True
