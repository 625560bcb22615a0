"""`python -m mandegar_local up | down | reset | status`: what `make up`, `make down` and `make reset` call."""

import sys
from typing import Annotated

import typer

from mandegar_local.detach import run_detached
from mandegar_local.ending import end_stack, remove_stack
from mandegar_local.failure import StackError
from mandegar_local.overview import print_overview
from mandegar_local.places import local_places
from mandegar_local.screen import fail
from mandegar_local.supervise import run_stack

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="The local stack of Mandegar.", pretty_exceptions_enable=False
)


@app.command()
def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", help="Return when it is ready, and leave it running.")] = False,
    clock: Annotated[
        str,
        typer.Option(envvar="MANDEGAR_CLOCK", help="Instant at which a NEW stack's time starts: now, or ISO 8601."),
    ] = "now",
    ready_descriptor: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start everything, wait until it is ready, and stay in front until Ctrl-C."""
    if detach:
        sys.exit(run_detached(local_places(), clock))
    sys.exit(run_stack(local_places(), clock, ready_descriptor))


@app.command()
def down() -> None:
    """Stop the stack of this directory; its data stays."""
    typer.echo(end_stack(local_places()))


@app.command()
def reset() -> None:
    """Stop the stack of this directory and remove its data."""
    typer.echo(remove_stack(local_places()))


@app.command()
def status() -> None:
    """One look at every part; exit 1 when something is not ready."""
    sys.exit(0 if print_overview(local_places()) else 1)


if __name__ == "__main__":
    try:
        app()
    except StackError as error:
        fail(str(error))
        sys.exit(1)
