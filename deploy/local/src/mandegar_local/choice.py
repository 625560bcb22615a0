"""Which servers a run uses: those the environment names, else containers, else processes from packages."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mandegar_local.failure import StackError


class Origin(StrEnum):
    """Where a server comes from."""

    NAMED = "named"
    CONTAINER = "container"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Choice:
    """The origin of each server, and the address of those that the environment names."""

    kafka: Origin
    postgres: Origin
    kafka_bootstrap: str | None = None
    database_url: str | None = None
    smtp_url: str | None = None


def choose(environment: Mapping[str, str] = os.environ, engine: Callable[[], bool] | None = None) -> Choice:
    """Choose for Kafka, PostgreSQL and SMTP, each by itself; `engine` asks whether a Docker engine answers.

    KAFKA_BOOTSTRAP, DATABASE_URL (a superuser's) and SMTP_URL name servers. MANDEGAR_SERVERS=process or =container
    settles the rest without asking the engine. Raises StackError for another value of it.
    """
    rest: Origin | None = None

    def origin(name: str) -> Origin:
        nonlocal rest
        if environment.get(name):
            return Origin.NAMED
        rest = rest or _unnamed(environment, engine or docker_engine_answers)
        return rest

    return Choice(
        kafka=origin("KAFKA_BOOTSTRAP"),
        postgres=origin("DATABASE_URL"),
        kafka_bootstrap=environment.get("KAFKA_BOOTSTRAP") or None,
        database_url=environment.get("DATABASE_URL") or None,
        smtp_url=environment.get("SMTP_URL") or None,
    )


def docker_engine_answers() -> bool:
    """Whether a Docker engine answers on this machine; a client without an engine does not count."""
    try:
        done = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _unnamed(environment: Mapping[str, str], engine: Callable[[], bool]) -> Origin:
    wanted = environment.get("MANDEGAR_SERVERS", "")
    if wanted in (Origin.PROCESS, Origin.CONTAINER):
        return Origin(wanted)
    if wanted:
        raise StackError(f"MANDEGAR_SERVERS is {wanted!r}; it can be process or container.")
    return Origin.CONTAINER if engine() else Origin.PROCESS
