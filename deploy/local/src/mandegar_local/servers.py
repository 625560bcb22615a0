"""Kafka and PostgreSQL of a stack as parts, whichever origin was chosen for them."""

import secrets
from collections.abc import Callable
from pathlib import Path

from mandegar_local.choice import Choice, Origin
from mandegar_local.containers import start_kafka_container, start_postgres_container
from mandegar_local.kafka import start_kafka
from mandegar_local.part import Part, Running
from mandegar_local.places import Places
from mandegar_local.ports import Ports
from mandegar_local.postgres import start_postgres

Log = Callable[[str], None]


def kafka_part(choice: Choice, places: Places, ports: Ports, log: Log) -> Part | None:
    """The broker, None when the environment names one."""
    directory = places.root / "kafka"

    def start() -> Running:
        if choice.kafka is Origin.CONTAINER:
            return start_kafka_container(directory, ports["kafka"], log)
        return start_kafka(
            directory,
            ports["kafka"],
            controller_port=ports["kafka_controller"],
            log=log,
            log_file=places.log("kafka"),
        )

    if choice.kafka is Origin.NAMED:
        return None
    return Part("kafka", start, log, directory / "kafka.pid", url=f"127.0.0.1:{ports['kafka']}")


def postgres_part(choice: Choice, places: Places, ports: Ports, log: Log) -> Part | None:
    """The database server, None when the environment names one."""
    directory = places.root / "postgres"

    def start() -> Running:
        if choice.postgres is Origin.CONTAINER:
            return start_postgres_container(directory, ports["postgres"], _container_password(directory), log)
        return start_postgres(directory, ports["postgres"], log=log, log_file=places.log("postgres"))

    if choice.postgres is Origin.NAMED:
        return None
    return Part("postgres", start, log, directory / "postgres.pid", url=f"127.0.0.1:{ports['postgres']}")


def kafka_bootstrap(choice: Choice, ports: Ports) -> str:
    """Where the broker listens."""
    return choice.kafka_bootstrap or f"127.0.0.1:{ports['kafka']}"


def admin_url(choice: Choice, places: Places, ports: Ports) -> str:
    """The superuser's address; known once the server has been started for the first time."""
    if choice.database_url:
        return choice.database_url
    password = (places.root / "postgres" / "superuser").read_text()
    return f"postgresql://postgres:{password}@127.0.0.1:{ports['postgres']}/postgres"


def _container_password(directory: Path) -> str:
    file = directory / "superuser"
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()
