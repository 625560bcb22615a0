"""Kafka and PostgreSQL in containers (testcontainers), for machines with a Docker engine.

Data is in named volumes, because the containers are removed at the end of a run.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mandegar_local.stack_error import StackError

POSTGRES_IMAGE = "postgres:18"
KAFKA_IMAGE = "confluentinc/cp-kafka:8.1.0"
_KAFKA_PORT = 9093


@dataclass(frozen=True)
class ContainerServer:
    """A server in a container. It has no pid on this machine."""

    address: str
    container: Any
    pid: int | None = None

    @property
    def exit_code(self) -> int | None:
        """1 once the container has ended; None while it runs."""
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        return None if wrapped.status == "running" else 1

    def stop(self) -> None:
        """Stop and remove the container, but not its volume."""
        self.container.stop(delete_volume=False)


def start_postgres_container(directory: Path, port: int, password: str, log: Callable[[str], None]) -> ContainerServer:
    """Start a PostgreSQL container on a loopback port; its `address` is the superuser's URL."""
    from testcontainers.community.postgres import PostgresContainer

    log(f"PostgreSQL: starting a container of {POSTGRES_IMAGE}")
    container = PostgresContainer(
        POSTGRES_IMAGE, username="postgres", password=password, dbname="postgres", driver=None
    )
    container.with_volume_mapping(volume_name(directory), "/var/lib/postgresql", "rw")
    container.with_bind_ports(5432, ("127.0.0.1", port))  # type: ignore[arg-type] # docker takes it
    _start(container, "PostgreSQL")
    return ContainerServer(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", container)


def start_kafka_container(directory: Path, port: int, log: Callable[[str], None]) -> ContainerServer:
    """Start a Kafka container on a loopback port; its `address` is the bootstrap address."""
    from testcontainers.community.kafka import KafkaContainer

    log(f"Kafka: starting a container of {KAFKA_IMAGE}")
    container = KafkaContainer(KAFKA_IMAGE, port=_KAFKA_PORT).with_kraft()
    container.with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    container.with_env("KAFKA_BROKER_SESSION_TIMEOUT_MS", "2000").with_env("KAFKA_BROKER_HEARTBEAT_INTERVAL_MS", "500")
    container.with_volume_mapping(volume_name(directory), "/var/lib/kafka/data", "rw")
    container.with_bind_ports(_KAFKA_PORT, ("127.0.0.1", port))  # type: ignore[arg-type] # docker takes it
    _start(container, "Kafka")
    return ContainerServer(f"127.0.0.1:{port}", container)


def remove_volumes(*directories: Path) -> None:
    """Remove the volumes of these directories."""
    import docker  # type: ignore[import-untyped]

    client = docker.from_env()
    for directory in directories:
        try:
            client.volumes.get(volume_name(directory)).remove()
        except docker.errors.NotFound:
            continue


def volume_name(directory: Path) -> str:
    """The name of a directory's volume, derived from its path."""
    return f"mandegar-{directory.name}-{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12]}"


def _start(container: Any, name: str) -> None:
    try:
        container.start()
    except Exception as error:
        raise StackError(
            f"{name} could not be started in a container ({error}); set MANDEGAR_SERVERS=process to use no containers."
        ) from error
