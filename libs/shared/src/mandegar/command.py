"""The command line of every service: ``python -m <service> serve | migrate | check | rebuild | replay | republish``."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError

from mandegar import failpoints
from mandegar.database import transaction
from mandegar.rebuild.replay import NotReplayable, Start, replay
from mandegar.rebuild.republish import republish
from mandegar.rebuild.run import NotRebuildable, rebuild
from mandegar.run.rebuild_mark import BeingRebuilt, NotEmpty
from mandegar.run.runner import START_UP_FAILURES, open_context, run
from mandegar.service.context import Context
from mandegar.service.parts import S, Service, broken_invariants
from mandegar.service.settings import MigrationSettings
from mandegar.telemetry.logging import set_up_logging

EXPECTED = (*START_UP_FAILURES, NotEmpty, NotRebuildable, NotReplayable, BeingRebuilt, KafkaError)


def command_line(service: Service[S]) -> typer.Typer:
    """The commands of ``service``."""
    app = typer.Typer(help=f"Mandegar {service.name}", no_args_is_help=True, pretty_exceptions_enable=False)

    @app.command()
    def serve() -> None:
        """Run the service until SIGTERM."""
        run(service)

    @app.command()
    def migrate() -> None:
        """Bring the database to the newest migration, as its owner."""
        from mandegar.database.migrations import upgrade  # 25 MB that a serving process does without

        upgrade(service_root(service.name), MigrationSettings().owner_database_url.get_secret_value())
        typer.echo(f"{service.name}: database is at the newest migration")

    @app.command(name="rebuild")
    def rebuild_command() -> None:
        """Make the state again from the topics, in an empty, migrated database. Nothing else may serve it meanwhile."""
        letters = _work(service, lambda context: rebuild(service, context))
        typer.echo(f"{service.name}: rebuilt; records that could not be applied: {letters}. Start the service.")

    @app.command(name="replay")
    def replay_command(
        topic: Annotated[str, typer.Option(help="Topic to read again, such as ingest.events.")],
        from_offset: Annotated[int | None, typer.Option(min=0, help="Offset to begin with.")] = None,
        since: Annotated[
            datetime | None, typer.Option(help="Begin with what was published since then, in UTC.")
        ] = None,
        partition: Annotated[int | None, typer.Option(min=0, help="One partition; all, if not said.")] = None,
    ) -> None:
        """Read a topic again; nothing that was applied counts twice. The service may go on meanwhile."""
        if (from_offset is None) == (since is None):
            raise typer.BadParameter("say either --from-offset or --since")
        start = Start(from_offset, since and _in_utc(since), partition)
        again = _work(service, lambda context: replay(service, context, topic, start))
        typer.echo(f"{service.name}: {again:,} records of {topic} were read again")

    @app.command(name="check")
    def check_command() -> None:
        """Find rows that break an invariant of the service: nothing is changed. It reads every row."""
        broken = _work(service, lambda context: _print_broken(service, context))
        if broken:
            raise typer.Exit(1)
        typer.echo(f"{service.name}: every invariant holds")

    @app.command(name="republish")
    def republish_command(
        since: Annotated[datetime, typer.Option(help="What was published since then goes out again; in UTC.")],
    ) -> None:
        """Publish again, in order, what a broker has lost; kept are the last 24 to 48 hours."""
        rows = _work(service, lambda context: republish(context, _in_utc(since)))
        typer.echo(f"{service.name}: {rows:,} rows go out again, as soon as the relay gets to them")

    return app


async def _print_broken(service: Service[S], context: Context[S]) -> int:
    async with transaction(context.worker) as connection:
        broken = await broken_invariants(service, connection, context.settings)
    for each in broken:
        typer.echo(f"{service.name}: {each.invariant}: {each.found}", err=True)
    return len(broken)


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _work(service: Service[S], work: Callable[[Context[S]], Awaitable[int]]) -> int:
    """Do one thing with the service's context; what is wrong is told in one sentence, and the exit code is 1."""
    settings = service.settings()
    set_up_logging(service.name, level="warning", json_lines=settings.environment == "production")
    failpoints.arm(settings.failpoint)

    async def with_context() -> int:
        async with AsyncExitStack() as stack:
            return await work(await open_context(service, settings, stack))

    try:
        return asyncio.run(with_context())
    except EXPECTED as error:
        typer.echo(f"{service.name}: {str(error) or type(error).__name__}", err=True)
        raise typer.Exit(1) from error


def service_root(name: str) -> Path:
    """The folder that holds a service's migrations, two above its package."""
    module = import_module(name)
    assert module.__file__ is not None  # noqa: S101  a package always has a file
    return Path(module.__file__).parents[2]
