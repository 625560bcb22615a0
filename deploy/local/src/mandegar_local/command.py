"""The `mandegar` command: tokens, sources, the status of the local stack, and commands of its services."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import httpx2
import typer

from mandegar.tokens import SCOPES
from mandegar_local.credentials import Credentials, load_credentials, save_credentials
from mandegar_local.overview import print_overview, running_stack
from mandegar_local.screen import fail
from mandegar_local.service_command import run_service_command
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import StackFiles, local_stack_files, write_json
from mandegar_local.tokens import sign_token, token_id

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Commands for operators of Mandegar.",
    pretty_exceptions_enable=False,
)

Shop = Annotated[str, typer.Option("--shop", help="The shop's id.")]
ShopOrAll = Annotated[str, typer.Option("--shop", help="The shop's id, or * for an operator's token.")]


@app.command()
def token(
    shop: ShopOrAll,
    scope: Annotated[str, typer.Option("--scope", help=f"Scopes, separated by commas: {', '.join(SCOPES)}.")],
    sub: Annotated[
        str | None, typer.Option("--sub", help="For a browser: the only customer that the token is for.")
    ] = None,
    days: Annotated[
        float | None,
        typer.Option("--days", min=0.0007, help="Days for which the token is valid. Default: 30; 1 with --sub."),
    ] = None,
) -> None:
    """Print a token signed with the key of the local stack."""

    def work() -> None:
        credentials = _existing_credentials(local_stack_files())
        scopes = [each for each in scope.replace(",", " ").split() if each]
        try:
            signed = sign_token(credentials.signing_key, shop, scopes, now=datetime.now(UTC), days=days, subject=sub)
        except ValueError as error:
            raise StackError(f"The token was not signed: {error}.") from error
        typer.echo(signed)

    _or_fail(work)


@app.command()
def revoke(token: Annotated[str, typer.Argument(help="The token, or its id (jti).")]) -> None:
    """Revoke a token: the services of the local stack refuse it within a minute."""

    def work() -> None:
        files = local_stack_files()
        credentials = _existing_credentials(files)
        try:
            id_ = token_id(token)
        except ValueError as error:
            raise StackError(f"Nothing was revoked: {error}.") from error
        credentials.revoked = sorted({*credentials.revoked, id_})
        save_credentials(files.secrets, credentials)
        write_json(files.key_set, credentials.jwks())
        typer.echo(f"revoked {id_}")

    _or_fail(work)


@app.command()
def source(
    shop: Shop,
    name: Annotated[str, typer.Option("--name", help="Name of the source.")],
    trust: Annotated[str, typer.Option("--trust", help="server (key kept secret) or browser (key public).")] = "server",
    *,
    record_of_orders: Annotated[
        bool | None,
        typer.Option(help="Whether its orders count. Default: only if no other source of the shop is its record."),
    ] = None,
    historical: Annotated[bool, typer.Option(help="Whether it imports history (a backfill).")] = False,
) -> None:
    """Create a source of a shop and print its id and key. The key cannot be shown again."""

    def work() -> None:
        files = local_stack_files()
        url = running_stack(files)["services"]["ingest"]
        key = _existing_credentials(files).signing_key
        bearer = sign_token(key, shop, ["ops", "sources:write"], now=datetime.now(UTC), days=1)
        body = {"name": name, "trust": trust, "record_of_orders": record_of_orders, "historical": historical}
        try:
            answer = httpx2.post(f"{url}/v1/sources", json=body, headers={"Authorization": f"Bearer {bearer}"})
        except httpx2.HTTPError as error:
            raise StackError(f"ingest does not answer on {url} ({type(error).__name__}).") from error
        if answer.status_code >= 300:
            raise StackError(f"ingest refused with {answer.status_code}: {answer.text[:300]}")
        created = answer.json()
        typer.echo(f"id   {created['source_id']}\nkey  {created['key']}")

    _or_fail(work)


@app.command()
def status() -> None:
    """Show readiness, lag, backlog and dead letters of every service; exit code 1 unless all are ready."""

    def work() -> None:
        if not print_overview(local_stack_files()):
            sys.exit(1)

    _or_fail(work)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(ctx: typer.Context, service: Annotated[str, typer.Argument(help="ingest, loyalty, churn or notify.")]) -> None:
    """Run a command of a service with the running stack's settings: `mandegar run churn replay --topic …`."""

    def work() -> None:
        sys.exit(run_service_command(local_stack_files(), service, ctx.args))

    _or_fail(work)


def _existing_credentials(files: StackFiles) -> Credentials:
    if not files.secrets.exists():
        raise StackError(f"There are no keys in {files.root} yet; `make up` creates them.")
    return load_credentials(files.secrets)


def _or_fail(work: Callable[[], None]) -> None:
    try:
        work()
    except StackError as error:
        fail(str(error))
        sys.exit(1)


if __name__ == "__main__":
    app()
