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


def free_port() -> int:
    """A port that is free now, of this worker's own, and below the range from which clients take theirs."""
    while True:
        port = random.choice(own_share(_PORTS))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


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
