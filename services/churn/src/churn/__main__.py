"""``python -m churn``: the commands of every service, and ``verify``."""

from typing import Annotated

import typer

from churn.main import SERVICE
from churn.verify.run import EXIT_DIFFERS, verify
from mandegar.command import command_line, with_context

app = command_line(SERVICE)


@app.command(name="verify")
def verify_command(
    shop: Annotated[str | None, typer.Option(help="The id of a shop; default: every shop.")] = None,
) -> None:
    """Recompute the figures of shops from the topics and compare them with the kept sums; exit code 2 if any differs.

    Changes nothing. The service may run meanwhile: records that it has not applied yet are not counted.
    """
    if with_context(SERVICE, lambda context: verify(context, shop, typer.echo)):
        raise typer.Exit(EXIT_DIFFERS)


if __name__ == "__main__":
    app()
