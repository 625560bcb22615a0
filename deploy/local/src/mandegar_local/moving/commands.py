"""`mandegar export --shop` and `mandegar move-in`, on the local stack or the installation that a file describes."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from mandegar.events.topics import DEFAULT_PARTITIONS
from mandegar.kafka.broker import Broker
from mandegar.kafka.missing_records import listed
from mandegar_local.credentials import load_credentials, save_credentials
from mandegar_local.moving.export_shop import export_shop
from mandegar_local.moving.installation import Installation
from mandegar_local.moving.installation_file import read_installation
from mandegar_local.moving.move_in import move_in
from mandegar_local.or_fail import or_fail
from mandegar_local.overview import running_stack
from mandegar_local.ports import SERVICES
from mandegar_local.service_command import deployment_of
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, local_stack_files

NAMED_MAX = 20
InstallationFile = Annotated[
    Path | None,
    typer.Option(
        "--installation",
        dir_okay=False,
        help="TOML: the settings of an installation's services. Default: the local stack. docs/operations.md has one.",
    ),
]


WithoutMissing = Annotated[
    bool, typer.Option("--without-missing-records", help="Also where brokers no longer have all records.")
]


def write_shop(
    shop: str, target: Path, wait_seconds: float, installation: Path | None, *, without_missing: bool
) -> None:
    """Write the archive of a shop of an installation, or of the running stack. Raises StackError."""
    home = _running_stack() if installation is None else read_installation(installation)
    try:
        manifest = asyncio.run(export_shop(home, shop, target, wait_seconds, without_missing=without_missing))
    except (KafkaError, OSError) as error:
        raise StackError(f"The archive was not written: {error or type(error).__name__}.") from error
    typer.echo(f"{target}: the shop {shop} with {manifest.customers:,} customers, as of {manifest.taken_at:%F %T} UTC")
    if manifest.missing:
        typer.echo(f"It lacks what the brokers no longer have: {listed(manifest.missing)}.", err=True)
    typer.echo("It contains addresses, orders and messages: keep it as you keep a backup, and delete it afterwards.")


def move_in_command(
    archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `mandegar export --shop` wrote.")],
    installation: InstallationFile = None,
    *,
    without_missing: WithoutMissing = False,
) -> None:
    """Move a shop into an installation that is empty and runs no service; exit code 1 unless every state is the same.

    The local stack: start it with `MANDEGAR_SERVICES=none make up`. After an interruption, the same command continues.
    """

    def work() -> None:
        home = _stack_without_services() if installation is None else read_installation(installation)
        try:
            manifest, differing = asyncio.run(move_in(home, archive, without_missing=without_missing))
        except (KafkaError, OSError) as error:
            raise StackError(f"The shop has not moved in: {error or type(error).__name__}.") from error
        if installation is None:
            files = local_stack_files()
            credentials = load_credentials(files.secrets)
            credentials.moved_in = manifest.shop
            save_credentials(files.secrets, credentials)
        for different in differing[:NAMED_MAX]:
            typer.echo(f"{different.service} differs: {different.customer or 'the shop itself'}", err=True)
        if differing:
            raise StackError(f"{len(differing):,} states differ from those in the archive.")
        typer.echo(f"The shop {manifest.shop} has moved in: {manifest.customers:,} customers, every state the same.")
        typer.echo("Start the services, and make new keys for its sources: `mandegar sources` lists them.")

    or_fail(work)


def _running_stack() -> Installation:
    files = local_stack_files()
    running = running_stack(files)["services"]
    if missing := [service for service in SERVICES if service not in running]:
        raise StackError(f"A shop is exported from all services, and the stack runs without {', '.join(missing)}.")
    return _installation(files)


def _stack_without_services() -> Installation:
    files = local_stack_files()
    if running := running_stack(files)["services"]:
        raise StackError(
            f"{', '.join(running)} must not run while a shop moves in: stop the stack, and start it with "
            "MANDEGAR_SERVICES=none."
        )
    return _installation(files)


def _installation(files: StackFiles) -> Installation:
    described = running_stack(files)
    environments = {
        service: {**os.environ, **deployment_of(files, described, service).environment(service)} for service in SERVICES
    }
    return Installation(Broker(described["kafka_bootstrap"]), DEFAULT_PARTITIONS, environments)
