"""Kafka and PostgreSQL of a stack as supervised processes, from the chosen origin."""

import secrets
from collections.abc import Callable
from pathlib import Path

from mandegar_local.containers import start_kafka_container, start_postgres_container
from mandegar_local.kafka import start_kafka
from mandegar_local.ports import Ports
from mandegar_local.postgres import start_postgres
from mandegar_local.server_choice import Origin, ServerChoice
from mandegar_local.stack_files import StackFiles
from mandegar_local.supervised_process import Running, SupervisedProcess

Log = Callable[[str], None]


def kafka_process(choice: ServerChoice, files: StackFiles, ports: Ports, log: Log) -> SupervisedProcess | None:
    """The broker's process; None if the environment gives the address of a running one."""
    directory = files.root / "kafka"

    def start() -> Running:
        if choice.kafka is Origin.CONTAINER:
            return start_kafka_container(directory, ports["kafka"], log)
        return start_kafka(
            directory,
            ports["kafka"],
            controller_port=ports["kafka_controller"],
            log=log,
            log_file=files.log("kafka"),
        )

    if choice.kafka is Origin.NAMED:
        return None
    return SupervisedProcess("kafka", start, log, directory / "kafka.pid", url=f"127.0.0.1:{ports['kafka']}")


def postgres_process(choice: ServerChoice, files: StackFiles, ports: Ports, log: Log) -> SupervisedProcess | None:
    """The database server's process; None if the environment gives the address of a running one."""
    directory = files.root / "postgres"

    def start() -> Running:
        if choice.postgres is Origin.CONTAINER:
            return start_postgres_container(directory, ports["postgres"], _container_password(directory), log)
        return start_postgres(directory, ports["postgres"], log=log, log_file=files.log("postgres"))

    if choice.postgres is Origin.NAMED:
        return None
    return SupervisedProcess("postgres", start, log, directory / "postgres.pid", url=f"127.0.0.1:{ports['postgres']}")


def kafka_bootstrap(choice: ServerChoice, ports: Ports) -> str:
    """The broker's bootstrap address."""
    return choice.kafka_bootstrap or f"127.0.0.1:{ports['kafka']}"


def admin_url(choice: ServerChoice, files: StackFiles, ports: Ports) -> str:
    """The superuser's URL; available once the server has been started for the first time."""
    if choice.database_url:
        return choice.database_url
    password = (files.root / "postgres" / "superuser").read_text()
    return f"postgresql://postgres:{password}@127.0.0.1:{ports['postgres']}/postgres"


def _container_password(directory: Path) -> str:
    file = directory / "superuser"
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(24))
    return file.read_text()
