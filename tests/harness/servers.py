"""One PostgreSQL and one Kafka per run: those that the environment names, else processes of our own."""

import os
import random
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.worker import own_share
from mandegar_local.kafka import start_kafka
from mandegar_local.postgres import start_postgres

ROOT = Path(__file__).parents[2]
_PORTS = range(22_000, 31_000)


def free_ports(count: int) -> int:
    """The first of so many ports in a row, free now, of this worker's own and below those that clients are given."""
    ports = own_share(_PORTS)
    while True:
        first = random.choice(ports[: len(ports) - count + 1])
        if not any(is_taken(port) for port in range(first, first + count)):
            return first


def free_port() -> int:
    return free_ports(1)


def is_taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _quiet(_: str) -> None:
    return


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a superuser on a PostgreSQL server that forgets everything afterwards."""
    if named := os.environ.get("DATABASE_URL"):
        yield named
        return
    port = free_port()
    directory = ROOT / ".local" / "test" / f"postgres-{port}"
    with ExitStack() as afterwards:
        afterwards.callback(shutil.rmtree, directory, ignore_errors=True)
        server = start_postgres(directory, port, fast=True, log=_quiet)
        afterwards.callback(server.stop)
        yield server.admin_url


@contextmanager
def kafka_server() -> Iterator[str]:
    """The bootstrap address of a broker that forgets everything afterwards."""
    if named := os.environ.get("KAFKA_BOOTSTRAP"):
        yield named
        return
    port = free_port()
    directory = ROOT / ".local" / "test" / f"kafka-{port}"
    with ExitStack() as afterwards:
        afterwards.callback(shutil.rmtree, directory, ignore_errors=True)
        server = start_kafka(directory, port, controller_port=free_port(), log=_quiet)
        afterwards.callback(server.stop)
        yield server.bootstrap
