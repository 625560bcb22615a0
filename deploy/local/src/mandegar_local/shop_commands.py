"""Commands about a shop: the shop itself, its sources, and which of them is its record of orders."""

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from mandegar.tokens import EVERY_SHOP
from mandegar_local.first_shop import DEFAULT_SHOP, SHOP_DEFAULTS
from mandegar_local.ingest_requests import ask_ingest, request_ingest
from mandegar_local.options import Shop
from mandegar_local.or_fail import or_fail
from mandegar_local.stack_files import StackFiles, local_stack_files

_SETTINGS = (*SHOP_DEFAULTS, "sms_sender")
# What ingest answers about a shop besides its settings.
_NO_SETTINGS = frozenset({"shop", "version", "sender_verified"})
_TAKE_OVER = """\
Its orders do NOT count: {of} is the shop's record of orders; those of other sources are in the history only.
To make this source the record of orders instead:  {command} record-of-orders {id} --shop {shop}"""


def shop_command(
    shop: Annotated[str, typer.Argument(help="The shop's id, such as my-shop: small letters, digits, hyphens.")],
    name: Annotated[str | None, typer.Option(help="Its name, as its customers know it. Default: its id.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA time zone. Default: Asia/Tehran.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO 4217 currency of all amounts. Default: IRR.")] = None,
    locale: Annotated[str | None, typer.Option(help="Language of its customers. Default: fa-IR.")] = None,
    phone_region: Annotated[str | None, typer.Option(help="Country of its phone numbers. Default: IR.")] = None,
    sender_email: Annotated[str | None, typer.Option(help="Sender of its mail. Default: ID@example.test.")] = None,
    sms_sender: Annotated[str | None, typer.Option(help="Sender of its SMS. Default: the line of the stack.")] = None,
) -> None:
    """Create a shop, with a default for each setting that is not given; or show a shop, and change what is given."""
    given = (name, zone, currency, locale, phone_region, sender_email, sms_sender)

    def work() -> None:
        changes = {key: value for key, value in zip(_SETTINGS, given, strict=True) if value is not None}
        _print_shop(*put_shop(local_stack_files(), shop, changes))

    or_fail(work)


def put_shop(files: StackFiles, shop: str, changes: dict[str, str]) -> tuple[dict[str, Any], bool]:
    """The shop after `changes`, and whether it is new. Raises StackError if ingest refuses a setting."""
    path = f"/v1/shops/{quote(shop, safe='')}"
    answer = request_ingest(files, shop, "GET", path)
    if answer.status_code == 404:
        settings = {**SHOP_DEFAULTS, "name": shop, "sender_email": f"{shop}@{_domain()}"}
        return ask_ingest(files, EVERY_SHOP, "PUT", path, settings | changes), True
    present = ask_ingest(files, shop, "GET", path)
    if not changes:
        return present, False
    settings = {key: value for key, value in present.items() if key not in _NO_SETTINGS}
    return ask_ingest(files, EVERY_SHOP, "PUT", path, settings | changes), False


def source_command(
    name: Annotated[str, typer.Option("--name", help="Name of the source, for people.")],
    shop: Shop = DEFAULT_SHOP,
    trust: Annotated[str, typer.Option("--trust", help="server (key kept secret) or browser (key public).")] = "server",
    unit: Annotated[
        str | None,
        typer.Option(
            help="Unit of its amounts if it is not the shop's currency, such as IRT (toman) in a shop in IRR."
        ),
    ] = None,
    *,
    kafka: Annotated[bool, typer.Option("--kafka", help="Create a topic into which the platform produces.")] = False,
    record_of_orders: Annotated[
        bool | None,
        typer.Option(help="Whether its orders count. Default: only if no other source of the shop is its record."),
    ] = None,
    historical: Annotated[bool, typer.Option(help="Whether it imports history (a backfill).")] = False,
) -> None:
    """Create a source of a shop and print its id and key. The key cannot be shown again."""
    wanted = {
        "name": name, "trust": trust, "unit": unit, "kafka": kafka, "record_of_orders": record_of_orders,
        "historical": historical,
    }  # fmt: skip

    def work() -> None:
        files = local_stack_files()
        created = ask_ingest(files, shop, "POST", "/v1/sources", wanted)
        typer.echo(f"id     {created['source_id']}\nkey    {created['key']}")
        if created["visitor_secret"]:
            typer.echo(f"secret {created['visitor_secret']} (signs customer.proof)")
        if created["topic"]:
            state = "" if created["topic_ready"] else " (not yet created: Kafka did not answer; ingest tries again)"
            typer.echo(f"topic  {created['topic']}{state}")
        typer.echo("\n" + _role(created, ask_ingest(files, shop, "GET", "/v1/sources")["sources"], shop))

    or_fail(work)


def sources_command(shop: Shop = DEFAULT_SHOP) -> None:
    """List the sources of a shop, and which of them is its record of orders."""

    def work() -> None:
        for source in ask_ingest(local_stack_files(), shop, "GET", "/v1/sources")["sources"]:
            kind = "historical" if source["historical"] else source["trust"]
            marks = [
                "record of orders" if source["record_of_orders"] and not source["historical"] else "",
                "closed" if source["closed_at"] else "",
                f"unit {source['unit']}" if source["unit"] else "",
                f"topic {source['topic']}" if source["topic"] else "",
            ]
            typer.echo("  ".join([source["source_id"], f"{kind:<10}", source["name"], *filter(None, marks)]))

    or_fail(work)


def record_command(
    source_id: Annotated[str, typer.Argument(help="The source whose orders count from now on.")],
    shop: Shop = DEFAULT_SHOP,
) -> None:
    """Make a source the record of orders of its shop, instead of the source that has that role."""

    def work() -> None:
        files = local_stack_files()
        before = _record(ask_ingest(files, shop, "GET", "/v1/sources")["sources"])
        ask_ingest(files, shop, "PATCH", f"/v1/sources/{quote(source_id, safe='')}", {"record_of_orders": True})
        typer.echo(f"{source_id} is the record of orders of {shop}: its orders count from now on.")
        if before is not None and before["source_id"] != source_id:
            typer.echo(
                f"{before['source_id']} ({before['name']}) was it until now: its orders until now still count, later "
                "ones are stored in the history only.\nOrders that this source sent before are in the history only and "
                "stay there; send those that have to count again under another event id."
            )

    or_fail(work)


def _role(created: dict[str, Any], sources: list[dict[str, Any]], shop: str) -> str:
    if created["trust"] == "browser":
        return "A browser source: it sends visits only, and no orders."
    if created["historical"]:
        return (
            "Its orders count, and trigger no messages. Close it once all have been sent: POST /v1/sources/{id}/close"
        )
    if created["record_of_orders"]:
        return "It is the shop's record of orders: its orders count."
    record = _record(sources)
    of = "no source" if record is None else f"{record['source_id']} ({record['name']})"
    return _TAKE_OVER.format(of=of, id=created["source_id"], shop=shop, command=_command())


def _record(sources: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((source for source in sources if source["record_of_orders"] and not source["historical"]), None)


def _print_shop(shop: dict[str, Any], created: bool) -> None:
    typer.echo(f"shop           {shop['shop']}{' (new)' if created else ''}")
    for key in _SETTINGS:
        typer.echo(f"{key:<14} {shop[key]}")
    if not shop["sender_verified"]:
        typer.echo(
            f"\nIts mail waits until its domain is verified: GET /v1/shops/{shop['shop']}/sender of ingest says how."
        )
    if created:
        typer.echo(f"\nNext:  {_command()} source --shop {shop['shop']} --name 'My platform'")


def _command() -> str:
    """The `mandegar` command as it was called, so that what is printed can be pasted."""
    return sys.argv[0] if Path(sys.argv[0]).name == "mandegar" else "mandegar"


def _domain() -> str:
    return SHOP_DEFAULTS["sender_email"].partition("@")[2]
