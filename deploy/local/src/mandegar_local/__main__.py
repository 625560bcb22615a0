"""`python -m mandegar_local up | down | reset | status`, which `make up`, `make down` and `make reset` call."""

import sys
from typing import Annotated

import typer

from mandegar_local.detach import run_detached
from mandegar_local.jars import kafka_jars
from mandegar_local.overview import print_overview
from mandegar_local.screen import fail
from mandegar_local.server_choice import Origin, choose_servers
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files
from mandegar_local.supervisor import run_stack
from mandegar_local.teardown import end_stack, remove_stack

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The local stack of Mandegar.", pretty_exceptions_enable=False
)


@app.command()
def up(
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once the stack is ready, and leave it running.")
    ] = False,
    clock: Annotated[
        str,
        typer.Option(envvar="MANDEGAR_CLOCK", help="Time at which the clock of a NEW stack starts: now, or ISO 8601."),
    ] = "now",
    ready_descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the stack, wait until it is ready, and stay in the foreground until Ctrl-C."""
    if detach:
        sys.exit(run_detached(local_stack_files(), clock))
    sys.exit(run_stack(local_stack_files(), clock, ready_descriptor))


@app.command()
def download() -> None:
    """Download what the stack needs besides the installed packages, so that it can start without a network."""
    if choose_servers().kafka is Origin.PROCESS:
        kafka_jars(typer.echo)


@app.command()
def down() -> None:
    """Stop the stack of this directory and keep its data."""
    typer.echo(end_stack(local_stack_files()))


@app.command()
def reset() -> None:
    """Stop the stack of this directory and remove its data."""
    typer.echo(remove_stack(local_stack_files()))


@app.command()
def status() -> None:
    """Show the status of every service; exit code 1 if one is not ready."""
    sys.exit(0 if print_overview(local_stack_files()) else 1)


if __name__ == "__main__":
    try:
        app()
    except StackError as error:
        fail(str(error))
        sys.exit(1)
