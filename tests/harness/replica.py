"""A PostgreSQL of its own with a streaming replica, made by ``pg_basebackup`` from the same package."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from harness.servers import free_port
from mandegar_local.children import Child, User, start_child
from mandegar_local.postgres import answers, start_postgres
from mandegar_local.postgres_cluster import Cluster, locate_cluster

# At least as many connections as the primary, or the replica refuses to start.
_COMMON = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=200")


@dataclass
class Replicated:
    """URLs of a superuser on both servers; ``replica`` can be stopped, started, and kept from replaying."""

    primary_url: str
    replica_url: str
    cluster: Cluster
    data: Path
    child: Child | None = None

    def stop_replica(self) -> None:
        """Shut the replica down."""
        if self.child is not None:
            self.child.stop()
            self.child = None

    def start_replica(self) -> None:
        """Start the replica and return once it answers."""
        port = urlsplit(self.replica_url).port
        settings = (f"port={port}", "hot_standby=on", "wal_retrieve_retry_interval=100ms", *_COMMON)
        self.child = start_child(
            [self.cluster.binaries / "postgres", "-D", self.data, *(p for each in settings for p in ("-c", each))],
            pid_file=self.data.parent / "replica.pid",
            log_file=self.data.parent / "replica.log",
            user=self.cluster.user,
            stop_signal=signal.SIGINT,
        )
        while not asyncio.run(answers(self.replica_url)):
            assert self.child.exit_code is None, (self.data.parent / "replica.log").read_text()

    async def replay(self, *, paused: bool) -> None:
        """Keep the replica from replaying what it receives, or let it go on."""
        connection = await asyncpg.connect(self.replica_url)
        await connection.execute(f"SELECT pg_wal_replay_{'pause' if paused else 'resume'}()")
        while await connection.fetchval("SELECT pg_get_wal_replay_pause_state()") != (
            "paused" if paused else "not paused"
        ):
            await asyncio.sleep(0.01)
        await connection.close()

    def moved(self, url: str) -> str:
        """The address on the replica of what ``url`` names on the primary."""
        primary, replica = (urlsplit(each).port for each in (self.primary_url, self.replica_url))
        return url.replace(f":{primary}/", f":{replica}/")


@contextmanager
def replicated_servers(directory: Path) -> Iterator[Replicated]:
    """A primary and its replica, both forgotten afterwards."""
    with ExitStack() as afterwards:
        afterwards.callback(shutil.rmtree, directory, ignore_errors=True)
        primary = start_postgres(directory, free_port(), log=lambda _: None)
        afterwards.callback(primary.stop)
        cluster = locate_cluster(directory, lambda _: None)
        data = cluster.data.parent / "replica"
        afterwards.callback(shutil.rmtree, data, ignore_errors=True)
        data.mkdir(mode=0o700)
        account = _account(cluster.user, data)
        subprocess.run(
            [cluster.binaries / "pg_basebackup", "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
             "-d", primary.admin_url],
            check=True, capture_output=True, cwd="/", **account,
        )  # fmt: skip
        port = free_port()
        url = primary.admin_url.replace(f":{urlsplit(primary.admin_url).port}/", f":{port}/")
        both = Replicated(primary.admin_url, url, cluster, data)
        both.start_replica()
        afterwards.callback(both.stop_replica)
        yield both


def _account(user: User | None, data: Path) -> dict[str, object]:
    if user is None:
        return {}
    os.chown(data, user.uid, user.gid)
    return {"user": user.uid, "group": user.gid, "extra_groups": []}
