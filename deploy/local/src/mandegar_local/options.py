"""Options that several commands have."""

from typing import Annotated

import typer

Shop = Annotated[str, typer.Option("--shop", envvar="MANDEGAR_SHOP", help="The shop's id.")]
