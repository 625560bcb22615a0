"""Servers of a test's own that it may freeze: SIGSTOP for a server and all its processes."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from harness.servers import free_port, free_ports
from mandegar_local.kafka import start_kafka
from mandegar_local.postgres import start_postgres


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The process and its children stand still during the block: they keep connections, and answer nothing."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def own_postgres(directory: Path) -> Iterator[tuple[str, int]]:
    """The superuser's URL and the pid of a PostgreSQL server for this test alone."""
    server = start_postgres(directory, free_port(), fast=True, log=lambda _: None)
    try:
        yield server.admin_url, server.pid
    finally:
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def own_kafka(directory: Path) -> Iterator[tuple[str, int]]:
    """The bootstrap address and the pid of a broker for this test alone."""
    port = free_ports(2)
    server = start_kafka(directory, port, controller_port=port + 1, log=lambda _: None)
    try:
        yield server.bootstrap, server.pid
    finally:
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
