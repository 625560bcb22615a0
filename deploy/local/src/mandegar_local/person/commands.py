"""`mandegar merge`, `mandegar erase` and `mandegar export`."""

import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from mandegar_local.first_shop import DEFAULT_SHOP
from mandegar_local.moving.commands import InstallationFile, WithoutMissing, write_shop
from mandegar_local.options import Shop
from mandegar_local.or_fail import or_fail
from mandegar_local.person.archive import write_archive
from mandegar_local.person.requests import ServiceAt, Silent, services_of
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files

_POLL_SECONDS = 0.5
# Of an id, in the name of its archive: file systems take names of 255 bytes.
NAME_MAX = 200


def merge_command(
    alias: Annotated[str, typer.Argument(help="The id that turned out to be the same person's.")],
    root: Annotated[str, typer.Argument(help="The customer to whom everything belongs from now on.")],
    shop: Shop = DEFAULT_SHOP,
) -> None:
    """Merge two ids of one person: everything of ALIAS belongs to ROOT then."""

    def work() -> None:
        ingest = _ingest(services_of(local_stack_files(), shop, "customers:merge"))
        answer = ingest.ask("POST", f"/v1/customers/{quote(root, safe='')}/merge", {"alias": alias})
        if answer.status_code >= 300:
            raise ingest.refuse(answer)
        merged = answer.json()
        typer.echo(f"{merged['alias']} belongs to {merged['customer_id']} ({merged['status'].replace('_', ' ')})")

    or_fail(work)


def erase_command(
    customer: Annotated[str, typer.Argument(metavar="ID", help="An id of the customer, a mail address or a phone.")],
    shop: Shop = DEFAULT_SHOP,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the services.")] = 60,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
) -> None:
    """Erase everything of a person, wait until every service has, and show what was erased and what stays."""

    def work() -> None:
        services = services_of(local_stack_files(), shop, "customers:erase")
        if not yes:
            typer.confirm(f"Erase everything of {customer} in the shop {shop}? It cannot be undone.", abort=True)
        ingest = _ingest(services)
        answer = ingest.ask("DELETE", f"/v1/customers/{quote(customer, safe='')}")
        if answer.status_code >= 300:
            raise ingest.refuse(answer)
        begun = answer.json()
        typer.echo(f"erasure {begun['erasure_id']} of {begun['customer_id']} ({begun['status'].replace('_', ' ')})")
        for line in report_lines(_wait_for(services, begun["erasure_id"], wait)):
            typer.echo(line)

    or_fail(work)


def export_command(
    context: typer.Context,
    customer: Annotated[
        str | None, typer.Option("--customer", help="An id of the customer, a mail address or a phone.")
    ] = None,
    shop: Shop = DEFAULT_SHOP,
    out: Annotated[
        Path | None, typer.Option(help="The archive. Default: export-ID.zip or shop-SHOP.zip here.", dir_okay=False)
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Of a shop: seconds to wait until nothing of it is under way.")
    ] = 60,
    installation: InstallationFile = None,
    *,
    without_missing: WithoutMissing = False,
) -> None:
    """Write everything that the services hold of a person into one archive: JSON of each, and a page to read.

    Without --customer, take a whole shop along: its events, ledger, contacts, consents and messages, for
    `mandegar move-in` on another stack. Stop its sources before.
    """

    def work() -> None:
        if customer is None:
            given = context.get_parameter_source("shop")
            if given is None or given.name != "COMMANDLINE":
                raise StackError("Say whom: --customer ID for a person, or --shop SHOP alone for a whole shop.")
            target = out or Path(f"shop-{quote(shop, safe='')[:NAME_MAX]}.zip")
            write_shop(shop, target, wait, installation, without_missing=without_missing)
            return
        if installation is not None:
            raise StackError("--installation is for a whole shop; a person is exported from the local stack.")
        if without_missing:
            raise StackError("--without-missing-records is for a whole shop.")
        services = services_of(local_stack_files(), shop, "customers:export", "sources:write")
        target = out or Path(f"export-{quote(customer, safe='')[:NAME_MAX]}.zip")
        try:
            held = write_archive(services, customer, shop, target)
        except (StackError, OSError) as error:
            target.unlink(missing_ok=True)
            raise StackError(str(error)) from error
        if not held:
            target.unlink()
            raise StackError(f"No service holds anything of {customer} in the shop {shop}.")
        typer.echo(f"{target}: {', '.join(held)}")

    or_fail(work)


def _ingest(services: list[ServiceAt]) -> ServiceAt:
    return next(service for service in services if service.name == "ingest")


def _wait_for(services: list[ServiceAt], erasure_id: str, seconds: float) -> list[dict[str, Any]]:
    """What each service has erased, once all have. Raises StackError if one has not in time."""
    reports: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + seconds
    while waiting := [service for service in services if service.name not in reports]:
        for service in waiting:
            try:
                answer = service.ask("GET", f"/v1/erasures/{erasure_id}")
            except Silent:  # it applies the erasure when it comes back
                continue
            if answer.status_code not in (200, 404):
                raise service.refuse(answer)
            if answer.status_code == 200 and answer.json()["complete"]:
                reports[service.name] = answer.json()
                typer.echo(f"{service.name} has erased ({len(reports)} of {len(services)})", err=True)
        if len(reports) < len(services):
            if time.monotonic() > deadline:
                names = ", ".join(service.name for service in services if service.name not in reports)
                raise StackError(
                    f"Not yet erased in {names}. The erasure goes on; ask again with the same command, and see their "
                    "lag in `mandegar status`."
                )
            time.sleep(_POLL_SECONDS)
    return [reports[service.name] for service in services]


def report_lines(reports: list[dict[str, Any]]) -> list[str]:
    """What was erased, what stays in which service, and what remains of everybody."""
    lines: list[str] = []
    for report in reports:
        removed = ", ".join(f"{each['rows']:,} {each['what']}" for each in report["removed"]) or "nothing was there"
        lines.append(f"{report['service']}: {removed}")
        lines += [f"  stays: {each['rows']:,} {each['what']}: {each['why']}" for each in report["kept"]]
    remains = {each["what"]: each["why"] for report in reports for each in report["remains"]}
    return [*lines, *(f"remains of everybody: {what}: {why}" for what, why in remains.items())]
