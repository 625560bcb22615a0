"""The `mandegar` command: tokens, shops, sources, the local stack, and commands of its services."""

import shlex
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from mandegar.tokens import SCOPES
from mandegar_local.credentials import save_credentials
from mandegar_local.demo.files import demo_files_command
from mandegar_local.find.command import find_command
from mandegar_local.first_shop import DEFAULT_SHOP
from mandegar_local.importing.command import import_command
from mandegar_local.ingest_requests import existing_credentials
from mandegar_local.moving.commands import move_in_command
from mandegar_local.or_fail import or_fail
from mandegar_local.overview import print_overview, running_stack
from mandegar_local.person.commands import erase_command, export_command, merge_command
from mandegar_local.reconcile.command import reconcile_command
from mandegar_local.service_command import run_service_command
from mandegar_local.shop_commands import record_command, shop_command, source_command, sources_command
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files, write_json
from mandegar_local.tokens import SCOPE_MEANINGS, sign_token, token_id
from mandegar_local.whatif.command import whatif_command

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Commands for operators of Mandegar.",
    pretty_exceptions_enable=False,
)
app.command(name="shop")(shop_command)
app.command(name="source")(source_command)
app.command(name="sources")(sources_command)
app.command(name="record-of-orders")(record_command)
app.command(name="find")(find_command)
app.command(name="import")(import_command)
app.command(name="demo-files")(demo_files_command)
app.command(name="merge")(merge_command)
app.command(name="erase")(erase_command)
app.command(name="export")(export_command)
app.command(name="move-in")(move_in_command)
app.command(name="reconcile")(reconcile_command)
app.command(name="whatif")(whatif_command)

_SCOPES = f"Scopes, separated by commas: {', '.join(SCOPES)}. `mandegar scopes` says what each allows."


@app.command()
def env() -> None:
    """Print the running stack's addresses, key and token as variables of a shell: `eval "$(mandegar env)"`."""

    def work() -> None:
        stack = running_stack(local_stack_files())
        variables = {name.upper(): url for name, url in stack["services"].items()}
        variables |= {f"{name.upper()}_WORKER": url for name, url in stack["workers"].items()}
        variables |= {"MAILBOX": stack["mailbox"], "SMS_OUTBOX": stack["sms_outbox"], "SHOP": stack["shop"]}
        variables |= {"KEY": stack["source_key"], "TOKEN": stack["tokens"]["customers_read"]}
        for name, value in variables.items():
            if value:
                typer.echo(f"export {name}={shlex.quote(value)}")

    or_fail(work)


@app.command()
def token(
    scope: Annotated[str, typer.Option("--scope", help=_SCOPES)],
    shop: Annotated[
        str, typer.Option("--shop", envvar="MANDEGAR_SHOP", help="The shop's id, or * for an operator's token.")
    ] = DEFAULT_SHOP,
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
        credentials = existing_credentials(local_stack_files())
        scopes = [each for each in scope.replace(",", " ").split() if each]
        try:
            signed = sign_token(credentials.signing_key, shop, scopes, now=datetime.now(UTC), days=days, subject=sub)
        except ValueError as error:
            raise StackError(f"The token was not signed: {error}.") from error
        typer.echo(signed)

    or_fail(work)


@app.command()
def scopes() -> None:
    """List the scopes of tokens, and what each allows."""
    for each in SCOPES:
        typer.echo(f"{each:<18} {SCOPE_MEANINGS[each]}")


@app.command()
def revoke(token: Annotated[str, typer.Argument(help="The token, or its id (jti).")]) -> None:
    """Revoke a token: the services of the local stack refuse it within a minute."""

    def work() -> None:
        files = local_stack_files()
        credentials = existing_credentials(files)
        try:
            id_ = token_id(token)
        except ValueError as error:
            raise StackError(f"Nothing was revoked: {error}.") from error
        credentials.revoked = sorted({*credentials.revoked, id_})
        save_credentials(files.secrets, credentials)
        write_json(files.key_set, credentials.jwks())
        typer.echo(f"revoked {id_}")

    or_fail(work)


@app.command()
def status() -> None:
    """Show readiness, lag, backlog, dead letters and memory of every service; exit code 1 unless all are ready."""

    def work() -> None:
        if not print_overview(local_stack_files()):
            sys.exit(1)

    or_fail(work)


@app.command()
def verify(
    shop: Annotated[str | None, typer.Option("--shop", help="The id of a shop; default: every shop.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="This customer alone.")] = None,
) -> None:
    """Recompute every balance from the topics, and compare it with loyalty's database; exit code 2 if any differs."""

    def work() -> None:
        given = (("--shop", shop), ("--customer", customer))
        words = [f"{name}={value}" for name, value in given if value is not None]
        sys.exit(run_service_command(local_stack_files(), "loyalty", ["verify", *words]))

    or_fail(work)


# Without a help option of its own: `--help` behind the service is for the service.
@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    no_args_is_help=True,
)
def run(ctx: typer.Context, service: Annotated[str, typer.Argument(help="ingest, loyalty, churn or notify.")]) -> None:
    """Run a command of a service with the running stack's settings: `mandegar run churn replay --help`."""

    def work() -> None:
        if service == "--help":
            typer.echo(ctx.get_help())
            return
        sys.exit(run_service_command(local_stack_files(), service, ctx.args))

    or_fail(work)


if __name__ == "__main__":
    app()
