"""Chooses where Kafka, PostgreSQL and SMTP come from: the environment, else containers, else local processes."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mandegar_local.stack_error import StackError


class Origin(StrEnum):
    """Where a server comes from: a running one, a container, or a local process."""

    NAMED = "named"
    CONTAINER = "container"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """The origin of each server, and the addresses given in the environment."""

    kafka: Origin
    postgres: Origin
    kafka_bootstrap: str | None = None
    database_url: str | None = None
    smtp_url: str | None = None


def choose_servers(
    environment: Mapping[str, str] = os.environ, engine: Callable[[], bool] | None = None
) -> ServerChoice:
    """Choose the origin of each server; `engine` returns whether a Docker engine answers.

    KAFKA_BOOTSTRAP, DATABASE_URL (a superuser's) and SMTP_URL select running servers. MANDEGAR_SERVERS (process or
    container) decides for the others without calling `engine`. Raises StackError for another value.
    """
    rest: Origin | None = None

    def origin(name: str) -> Origin:
        nonlocal rest
        if environment.get(name):
            return Origin.NAMED
        rest = rest or _unnamed(environment, engine or docker_engine_answers)
        return rest

    return ServerChoice(
        kafka=origin("KAFKA_BOOTSTRAP"),
        postgres=origin("DATABASE_URL"),
        kafka_bootstrap=environment.get("KAFKA_BOOTSTRAP") or None,
        database_url=environment.get("DATABASE_URL") or None,
        smtp_url=environment.get("SMTP_URL") or None,
    )


def docker_engine_answers() -> bool:
    """Whether a Docker engine answers; a Docker client without an engine returns false."""
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
        raise StackError(f"MANDEGAR_SERVERS is {wanted!r}; it must be process or container.")
    return Origin.CONTAINER if engine() else Origin.PROCESS
