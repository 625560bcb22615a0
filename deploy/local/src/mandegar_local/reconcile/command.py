"""`mandegar reconcile FILE`."""

import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from mandegar.row_files.text import Encoding
from mandegar_local.first_shop import DEFAULT_SHOP
from mandegar_local.importing.source_file import look_at
from mandegar_local.options import Shop
from mandegar_local.or_fail import or_fail
from mandegar_local.person.requests import services_of
from mandegar_local.reconcile.report import KINDS, differences, report_lines, write_findings
from mandegar_local.reconcile.run import Reconciling
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files

_MAP = "Which column means what, as TARGET=COLUMN: order_id=Number. May be repeated."


def reconcile_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Orders as the shop has them: CSV or JSON lines.", dir_okay=False)
    ],
    shop: Shop = DEFAULT_SHOP,
    mapping: Annotated[list[str] | None, typer.Option("--map", help=_MAP)] = None,
    amount_is: Annotated[str, typer.Option(help="total (before refunds) or net (after them).")] = "total",
    unit: Annotated[str | None, typer.Option(help="Unit of the amounts, such as IRT for Toman.")] = None,
    zone: Annotated[str | None, typer.Option(help="Zone of times that name none. Default: the shop's.")] = None,
    calendar: Annotated[str, typer.Option(help="auto, gregorian or jalali.")] = "auto",
    decimal_mark: Annotated[str | None, typer.Option(help="Mark before fractions: . or ,")] = None,
    encoding: Annotated[str, typer.Option(help="auto, utf-8, utf-16 or windows-1256.")] = "auto",
    delimiter: Annotated[str | None, typer.Option(help="What stands between columns. Default: as it looks.")] = None,
    begin: Annotated[str | None, typer.Option("--from", help="Look for other orders since, with a zone.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Look for other orders until, with a zone.")] = None,
    out: Annotated[Path | None, typer.Option(help="The findings. Default: FILE.findings.csv.", dir_okay=False)] = None,
    *,
    accept: Annotated[bool, typer.Option("--accept", help="Accept the missing orders, in their place.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Compare a shop's file of orders with what was received, and say what is missing, differs, or is not in it.

    Exit code 1 while something differs. The same command again goes on where it was stopped.
    """

    def work() -> None:
        wanted = {
            "columns": _columns(mapping or ()), "amount_is": amount_is, "unit": unit, "zone": zone,
            "calendar": calendar, "decimal_mark": decimal_mark, "from": begin, "to": end,
        }  # fmt: skip
        options = {name: value for name, value in wanted.items() if value}
        if encoding not in get_args(Encoding):
            raise StackError(f"--encoding must be one of {', '.join(get_args(Encoding))}.")
        services = services_of(local_stack_files(), shop, "sources:write")
        ingest = next(service for service in services if service.name == "ingest")
        looked_at = look_at(file, encoding, delimiter)  # type: ignore[arg-type]
        # parts are sent in UTF-8
        reconciling = Reconciling(ingest, looked_at, options | {"delimiter": looked_at.delimiter}, _tell)
        counts = reconciling.compared()["counts"]
        _show(counts)
        if accept and counts["acceptable"]:
            _require_meant(counts, yes=yes)
            counts = reconciling.accepted()["counts"]
            typer.echo("")
            _show(counts)
        target = out or file.with_name(f"{file.name}.findings.csv")
        write_findings(target, chain.from_iterable(reconciling.findings(kind) for kind in KINDS))
        if left := differences(counts):
            typer.echo(f"{left:,} to look at, in {target}")
            sys.exit(1)

    or_fail(work)


def _tell(text: str) -> None:
    typer.echo(text, err=True)


def _show(counts: dict[str, Any]) -> None:
    for line in report_lines(counts):
        typer.echo(line)


def _require_meant(counts: dict[str, Any], *, yes: bool) -> None:
    if not yes:
        attention = "Something is wrong with the file as a whole, see above. " if counts["warnings"] else ""
        typer.confirm(f"{attention}Accept {counts['acceptable']:,} orders?", abort=True)


def _columns(mapping: Sequence[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for each in mapping:
        target, mark, column = each.partition("=")
        if not mark:
            raise StackError(f"--map {each}: say it as TARGET=COLUMN, such as order_id=Number.")
        columns[target.strip()] = column.strip()
    return columns
