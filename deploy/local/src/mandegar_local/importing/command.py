"""The `mandegar import` command."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from mandegar.row_files.text import Encoding
from mandegar_local.demo.progress import Stage
from mandegar_local.demo.retrying_client import RetryingClient
from mandegar_local.first_shop import DEFAULT_SHOP
from mandegar_local.importing.opened import behind_in, opened_lines
from mandegar_local.importing.report import SHOWN_ERRORS, error_lines, report_lines
from mandegar_local.importing.sending import Sending
from mandegar_local.importing.source_file import SourceFile, look_at
from mandegar_local.options import Shop
from mandegar_local.or_fail import or_fail
from mandegar_local.overview import running_stack
from mandegar_local.person.requests import ServiceAt, services_of
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files

Kind = Literal["customers", "orders", "points", "messages", "coupons"]
Calendar = Literal["auto", "gregorian", "jalali"]
_MAP = "TARGET=COLUMN, for a column that is not recognised by its name; TARGET= leaves it out. May be repeated."
_AS_OF = "When the file was true, such as 2026-11-01T00:00+03:30: orders paid before it earn no points here."


def import_command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header line, or JSON lines.")],
    kind: Annotated[Kind, typer.Option(help="What a row is about; `points` are opening balances, a row for each lot.")],
    columns: Annotated[list[str] | None, typer.Option("--map", help=_MAP)] = None,
    as_of: Annotated[str | None, typer.Option(help=_AS_OF)] = None,
    calendar: Annotated[Calendar, typer.Option(help="auto: years from 1200 to 1599 are Jalali.")] = "auto",
    zone: Annotated[str | None, typer.Option(help="Zone of times without one. Default: that of the shop.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="Currency of amounts without one, or IRT for toman. Needed without a column.")
    ] = None,
    decimal_mark: Annotated[
        str | None, typer.Option(help="Mark before fractions, . or , where numbers do not tell.")
    ] = None,
    delimiter: Annotated[str | None, typer.Option(help="Mark between columns: , ; tab or |. Default: found.")] = None,
    encoding: Annotated[str, typer.Option(help=f"{', '.join(get_args(Encoding))}.")] = "auto",
    status: Annotated[
        list[str] | None, typer.Option(help="WORD=open, paid, cancelled or refunded: what a status means.")
    ] = None,
    shop: Shop = DEFAULT_SHOP,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name every error, and accept nothing.")] = False,
) -> None:
    """Import a file of a shop: customers, orders, balances of points, open coupons, or messages that another system
    sent.

    It may be stopped at any moment: the same command goes on where it was. The same file again changes nothing, unless
    another one has corrected it since: the file that is imported last counts.
    """

    def work() -> None:
        if encoding not in get_args(Encoding):
            raise StackError(f"--encoding must be one of {', '.join(get_args(Encoding))}.")
        services = services_of(local_stack_files(), shop, "sources:write", "customers:read")
        stage = Stage(Console(stderr=True))
        size = path.stat().st_size if path.is_file() else None
        with stage.step("Looking at the file", size) as step:
            file = look_at(path, encoding, delimiter, step.advance)  # type: ignore[arg-type]
        options = {
            "columns": _pairs(columns, "--map"), "calendar": calendar, "zone": zone, "unit": unit,
            "decimal_mark": decimal_mark, "statuses": _pairs(status, "--status"), "dry_run": dry_run,
            "as_of": _instant(as_of, zone), "kind": kind,
        }  # fmt: skip
        if asyncio.run(_import(services, file, options, stage)):
            sys.exit(1)

    or_fail(work)


async def _import(services: list[ServiceAt], file: SourceFile, options: dict[str, Any], stage: Stage) -> bool:
    """Import the file and print what became of it; whether rows were refused."""
    urls = {service.name: service.url for service in services}
    http = RetryingClient(services[0].headers["Authorization"].removeprefix("Bearer "), stage.line)
    try:
        sending = Sending(http, urls["ingest"])
        import_ = await sending.begin(_wanted(file, options))
        if import_["state"] == "finished":
            typer.echo(f"{file.path} has been imported; nothing is left to do.")
        else:
            if import_["received"]:
                typer.echo(f"Going on at line {import_['next_line']:,}.", err=True)
            await _send(sending, import_, file, stage, http)
            import_ = await sending.finish(import_["import_id"])
        for line in report_lines(import_):
            typer.echo(line)
        await _show_errors(sending, import_, file.path)
        points = int(import_["totals"]["points_accepted"])
        if points and not import_["dry_run"] and "loyalty" in urls:
            behind = behind_in(urls | running_stack(local_stack_files()).get("workers", {}))
            for line in await opened_lines(http, urls["loyalty"], points, behind):
                typer.echo(line)
        return bool(import_["totals"]["refused"])
    finally:
        await http.close()


async def _send(
    sending: Sending, import_: dict[str, Any], file: SourceFile, stage: Stage, http: RetryingClient
) -> None:
    title = "Trying every row" if import_["dry_run"] else "Sending rows"
    errors = 0
    with stage.step(title, max(file.lines, 1)) as step:
        http.on_wait = step.show_note

        def advance(line: int, answer: dict[str, Any]) -> None:
            nonlocal errors
            errors += answer["totals"]["errors"]
            step.move_to(max(step.done, line - 1))
            if errors:
                step.show_note(f"errors: {errors:,}")

        await sending.send(import_, file, advance)


async def _show_errors(sending: Sending, import_: dict[str, Any], path: Path) -> None:
    number = import_["totals"]["errors"]
    if not number:
        return
    typer.echo(f"errors and notes by line: {number:,}")
    for line in error_lines(await sending.errors(import_["import_id"])):
        typer.echo(line)
    if number > SHOWN_ERRORS:
        rest = Path(f"{path.name}.errors.csv")
        written = await sending.write_errors(import_["import_id"], rest)
        typer.echo(f"  … {written:,} of them are in {rest}")


def _wanted(file: SourceFile, options: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value is not None}
    return given | {
        "name": file.path.name, "fingerprint": file.fingerprint, "form": file.form, "header": file.header,
        "delimiter": file.delimiter,
    }  # fmt: skip


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise StackError(f"{option} must have the form NAME=VALUE.")
        pairs[name] = value
    return pairs


def _instant(text: str | None, zone: str | None) -> str | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None and zone is not None:
            instant = instant.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        raise StackError("--as-of must be a time such as 2026-11-01T00:00+03:30.") from None
    if instant.tzinfo is None:
        raise StackError("--as-of needs a zone: 2026-11-01T00:00+03:30, or --zone Asia/Tehran.")
    return instant.isoformat()
