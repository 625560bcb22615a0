"""The command line of every service: ``python -m <service> serve | migrate | check | rebuild | replay | republish``.

``mandegar export --shop`` and ``mandegar move-in`` call ``move-out``, ``move-in`` and ``states``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from aiokafka.errors import KafkaError

from mandegar import failpoints
from mandegar.database import transaction
from mandegar.database.address import NotConnected
from mandegar.environment import settings_or_exit
from mandegar.moving.archive import BadArchive
from mandegar.moving.bring_in import NotMovable, bring_in, prepare
from mandegar.moving.sole_run import AnotherRun
from mandegar.moving.tables import WrongDatabase
from mandegar.moving.take_out import NotAtRest, take_out, write_states
from mandegar.rebuild.replay import NotReplayable, Start, replay
from mandegar.rebuild.republish import republish
from mandegar.rebuild.run import NotRebuildable, rebuild
from mandegar.run.open_context import open_context
from mandegar.run.rebuild_mark import BeingRebuilt, NotEmpty
from mandegar.run.runner import START_UP_FAILURES, run
from mandegar.service.context import Context
from mandegar.service.parts import S, Service, invariant_violations
from mandegar.service.role import Role
from mandegar.service.settings import MigrationSettings
from mandegar.telemetry.logging import set_up_logging

_ENDS = msgspec.json.Decoder(dict[str, list[int]])
# Not 1, which says that the rows could not be checked.
EXIT_VIOLATED = 3
Only = Literal["web", "worker"]
EXPECTED_ERRORS = (
    *START_UP_FAILURES,
    *(NotEmpty, NotRebuildable, NotReplayable, BeingRebuilt),
    *(NotAtRest, NotMovable, BadArchive, WrongDatabase, AnotherRun),
    KafkaError,
)


def command_line(service: Service[S]) -> typer.Typer:
    """The command line of ``service``."""
    app = typer.Typer(
        help=f"Mandegar {service.name}", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )

    @app.command()
    def serve(
        only: Annotated[
            Only | None,
            typer.Option(help="web: answer requests. worker: apply events, publish, settle. Default: both in one."),
        ] = None,
    ) -> None:
        """Run the service until SIGTERM."""
        run(service, Role.ALL if only is None else Role(only))

    @app.command()
    def migrate() -> None:
        """Apply all migrations to the database, with the owner's role."""
        from mandegar.database.migrations import upgrade  # here, because it takes 25 MB that ``serve`` does not need

        url = settings_or_exit(MigrationSettings).owner_database_url.get_secret_value()
        try:
            upgrade(service_root(service.name), url)
        except NotConnected as error:
            typer.echo(f"{service.name}: {error}", err=True)
            raise typer.Exit(1) from error
        typer.echo(f"{service.name}: all migrations are applied")

    @app.command(name="rebuild")
    def rebuild_command() -> None:
        """Rebuild the state from the topics, in an empty, migrated database. The service must not run meanwhile."""
        letters = with_context(service, lambda context: rebuild(service, context))
        typer.echo(f"{service.name}: rebuilt, with {letters} dead letters. Start the service now.")

    @app.command(name="replay")
    def replay_command(
        topic: Annotated[str, typer.Option(help="Topic to read again, such as ingest.events.")],
        from_offset: Annotated[int | None, typer.Option(min=0, help="First offset to read.")] = None,
        since: Annotated[
            datetime | None, typer.Option(help="Read records published at or after this time (UTC).")
        ] = None,
        partition: Annotated[int | None, typer.Option(min=0, help="Partition to read; default: all.")] = None,
    ) -> None:
        """Read a topic again. Events that were applied are skipped. The service may run meanwhile."""
        if (from_offset is None) == (since is None):
            raise typer.BadParameter("give either --from-offset or --since")
        start = Start(from_offset, since and _in_utc(since), partition)
        records = with_context(service, lambda context: replay(service, context, topic, start))
        typer.echo(f"{service.name}: read {records:,} records of {topic} again")

    @app.command(name="check")
    def check_command() -> None:
        """List rows that violate an invariant of the service: exit code 3. Reads every row and changes none."""
        if with_context(service, lambda context: _print_violations(service, context)):
            raise typer.Exit(EXIT_VIOLATED)
        typer.echo(f"{service.name}: every invariant holds")

    @app.command(name="republish")
    def republish_command(
        since: Annotated[
            datetime, typer.Option(help="Publish events again that were published since this time (UTC).")
        ],
    ) -> None:
        """Publish events again, in order, after a broker lost them. The last 24 to 48 hours are available."""
        rows = with_context(service, lambda context: republish(context, _in_utc(since)))
        typer.echo(f"{service.name}: queued {rows:,} events; the service's relay publishes them")

    _add_moving(app, service)
    return app


def _add_moving(app: typer.Typer, service: Service[S]) -> None:
    """Add the commands with which a shop moves to another installation."""
    shop_option = Annotated[str, typer.Option(help="The id of the shop.")]

    @app.command(name="move-out")
    def move_out(
        shop: shop_option,
        ends: Annotated[Path, typer.Option(exists=True, help="JSON: the offsets to wait for, by topic.")],
        into: Annotated[Path, typer.Option(file_okay=False, help="The folder to write into.")],
        wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until nothing is under way.")] = 60,
    ) -> None:
        """Write the rows of a shop, and the state of each customer, into a folder. The service may run meanwhile."""
        offsets = _ENDS.decode(ends.read_bytes())
        with_context(service, lambda context: take_out(service, context, shop, offsets, into, wait))

    @app.command(name="move-in")
    def move_in(
        archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The archive of the shop.")],
        *,
        prepare_only: Annotated[
            bool, typer.Option("--prepare", help="Only check whether it can, and keep the service from starting.")
        ] = False,
    ) -> None:
        """Take the rows of a shop from an archive. The service must not run meanwhile."""
        work = prepare if prepare_only else bring_in
        with_context(service, lambda context: work(service, context, archive))

    @app.command(name="states")
    def states(
        shop: shop_option,
        into: Annotated[Path, typer.Option(dir_okay=False, help="The file to write.")],
    ) -> None:
        """Write one hash for each customer of a shop, of all rows that the service keeps of them."""
        with_context(service, lambda context: write_states(service, context, shop, into))


async def _print_violations(service: Service[S], context: Context[S]) -> int:
    async with transaction(context.worker) as connection:
        violations = await invariant_violations(service, connection, context.settings)
    for violation in violations:
        typer.echo(f"{service.name}: {violation.invariant}: {violation.row}", err=True)
    return len(violations)


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def with_context(service: Service[S], work: Callable[[Context[S]], Awaitable[int]]) -> int:
    """The result of ``work``, called with the service's context. Expected errors are printed and exit with code 1."""
    settings = settings_or_exit(service.settings)
    set_up_logging(service.name, level="warning", json_lines=settings.environment == "production")
    failpoints.arm(settings.failpoint)

    async def open_and_work() -> int:
        async with AsyncExitStack() as stack:
            return await work(await open_context(service, settings, stack))

    try:
        return asyncio.run(open_and_work())
    except EXPECTED_ERRORS as error:
        typer.echo(f"{service.name}: {str(error) or type(error).__name__}", err=True)
        raise typer.Exit(1) from error


def service_root(name: str) -> Path:
    """The folder that contains a service's ``migrations``: two levels above its package."""
    module = import_module(name)
    assert module.__file__ is not None  # noqa: S101  a package always has a file
    return Path(module.__file__).parents[2]
