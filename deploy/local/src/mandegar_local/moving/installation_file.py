"""The file that says where an installation is: the settings of its services, named as their environment names them.

It is TOML: a table ``all`` with what the services share, and one for each service. No variable of the shell is added,
so that what belongs to another installation cannot slip in.
"""

import os
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mandegar.environment import PREFIX, RefusedSettings, read_settings
from mandegar.kafka.create_topics import TopicSettings
from mandegar_local.moving.installation import WORKER_DATABASE_URL, Installation
from mandegar_local.ports import SERVICES
from mandegar_local.stack_error import StackError

SHARED: Final = "all"
BYTES_MAX: Final = 1024 * 1024
# Services ask for these when they start, and nothing of a move uses them: it neither answers requests nor sends.
_UNUSED: Final = {
    "HTTP_PORT": "8000",
    "PUBLIC_URL": "https://moving.invalid",
    "SMTP_URL": "smtps://moving.invalid",
    "SMS_URL": "https://moving.invalid",
    "SMS_API_KEY": "unused",
    "UNSUBSCRIBE_KEY": secrets.token_hex(32),
}


def read_installation(path: Path) -> Installation:
    """The installation that a file describes. Raises StackError, with no value of the file in its text."""
    tables = _tables(path)
    shared = _variables(path, SHARED, tables.get(SHARED, {}))
    environments = {service: _environment(path, service, shared, tables) for service in SERVICES}
    databases = {
        each.get(WORKER_DATABASE_URL, each.get(f"{WORKER_DATABASE_URL}_FILE")) for each in environments.values()
    }
    if len(databases) < len(SERVICES):
        raise StackError(
            f"{path}: two services have the same {WORKER_DATABASE_URL}, and each has a database of its own."
        )
    with _as_environment(environments[SERVICES[0]] | shared):
        try:
            topics = read_settings(TopicSettings)
        except RefusedSettings as error:
            raise StackError(f"{path}: {' '.join(str(error).splitlines())}") from error
    return Installation(topics.broker, topics.partitions, environments, topics.topic_prefix)


def _tables(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
        if len(content) > BYTES_MAX:
            raise StackError(f"{path} is larger than a file of settings: it is the description of an installation.")
        tables = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        where = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "it is not UTF-8 text"
        raise StackError(f"{path} is not TOML: {where}.") from None
    if unknown := sorted(tables.keys() - {SHARED, *SERVICES}):
        raise StackError(f"{path} has {unknown[0]!r}; what it may have is [{SHARED}], [{'], ['.join(SERVICES)}].")
    return tables


def _variables(path: Path, table: str, found: Any) -> dict[str, str]:
    if not isinstance(found, dict):
        raise StackError(f"{path}: {table} must be a table, [{table}].")
    variables = {}
    for name, value in found.items():
        if not name.startswith(PREFIX):
            raise StackError(f"{path}: {name!r} in [{table}] is no setting of a service: those begin with {PREFIX}.")
        if isinstance(value, bool) or not isinstance(value, str | int | float) or "\0" in str(value):
            raise StackError(f"{path}: {name} in [{table}] must be a text or a number.")
        variables[name] = str(value)
    return variables


def _environment(path: Path, service: str, shared: Mapping[str, str], tables: Mapping[str, Any]) -> dict[str, str]:
    """The environment of a service's commands. They connect as its worker, also where others do as its web."""
    own = _variables(path, service, tables.get(service, {}))
    if not {WORKER_DATABASE_URL, f"{WORKER_DATABASE_URL}_FILE"} & own.keys():
        raise StackError(f"{path}: [{service}] needs {WORKER_DATABASE_URL}, or {WORKER_DATABASE_URL}_FILE.")
    settings = {**shared, **own}
    unused = {f"{PREFIX}{name}": value for name, value in _UNUSED.items()}
    for ending in ("", "_FILE"):
        if f"{WORKER_DATABASE_URL}{ending}" in own:
            unused[f"{PREFIX}WEB_DATABASE_URL{ending}"] = own[f"{WORKER_DATABASE_URL}{ending}"]
    given = {name.removesuffix("_FILE") for name in settings}
    unused = {name: value for name, value in unused.items() if name.removesuffix("_FILE") not in given}
    shell = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX) and name != "FAILPOINT"}
    return {**shell, **unused, **settings}


@contextmanager
def _as_environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
