"""Runs PostgreSQL as a local process, with the binaries of a wheel."""

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
from mandegar_local.ports import require_free
from mandegar_local.postgres_cluster import Cluster, initialise, locate_cluster
from mandegar_local.stack_error import StackError

# After a kill -9 the server first replays its write-ahead log.
_READY_SECONDS = 300.0
# Commits are written to the operating system but not synced: they survive a kill -9 of the server, not a power cut.
_FAST = ("fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


@dataclass(frozen=True)
class PostgresServer(ChildServer):
    """A running database server. `admin_url` is the superuser's URL, with its password."""

    admin_url: str


def start_postgres(
    directory: Path,
    port: int,
    *,
    fast: bool = False,
    log: Callable[[str], None],
    log_file: Path | None = None,
) -> PostgresServer:
    """Start a server on a loopback port with its data in `directory`; return once it answers a query.

    Blocks for about one second. Data survives a restart; with `fast` (for tests) it does not survive a power cut. If
    this process runs as root, the server runs under another account; if that account cannot enter `directory`, the data
    is under /var/tmp, which is logged. Raises StackError if the port is in use or the server does not start.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    log_file = log_file or directory / "postgres.log"
    pid_file = directory / "postgres.pid"
    if stop_leftover(pid_file, signal.SIGINT):
        log("PostgreSQL: stopped the server of an earlier run")
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
        raise StackError(f"PostgreSQL did not start; the last lines of {log_file}:\n{last_lines(log_file)}")
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
