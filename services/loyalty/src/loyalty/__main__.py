"""``python -m loyalty``: the commands of every service, ``verify`` and ``verify-draw``."""

from pathlib import Path
from typing import Annotated

import typer
from msgspec import json

from loyalty.domain.draws import faults_in
from loyalty.main import SERVICE
from loyalty.verify.run import EXIT_DIFFERS, verify
from mandegar.command import command_line, with_context

app = command_line(SERVICE)


@app.command(name="verify")
def verify_command(
    shop: Annotated[str | None, typer.Option(help="The id of a shop; default: every shop.")] = None,
    customer: Annotated[str | None, typer.Option(help="Compare this customer alone, by the id that is stored.")] = None,
) -> None:
    """Recompute every balance from the topics and compare it with the database; exit code 2 if any differs.

    Changes nothing. The service may run meanwhile: records that it has not applied yet are not counted.
    """
    if with_context(SERVICE, lambda context: verify(context, shop, customer, typer.echo)):
        raise typer.Exit(EXIT_DIFFERS)


@app.command(name="verify-draw")
def verify_draw_command(
    file: Annotated[Path, typer.Argument(help="The answer of `GET /v1/draws/{name}`, as JSON.", exists=True)],
) -> None:
    """Check that the winners of a draw follow from its seed and its entrants; exit code 2 if they do not."""
    draw = json.decode(file.read_bytes())
    faults = faults_in(draw)
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(EXIT_DIFFERS)
    typer.echo(f"{draw['draw']}: {len(draw['winners'])} of {len(draw['entrants'])} win, as the seed says")


if __name__ == "__main__":
    app()
