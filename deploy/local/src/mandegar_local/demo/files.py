"""`mandegar demo-files`: the demo's customers and orders as CSV, to import what `make demo` posts."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mandegar_local.demo.demo_time import demo_origin
from mandegar_local.demo.events import CURRENCY, first_orders
from mandegar_local.demo.orders import Order, move_to, read_lines, sample_file
from mandegar_local.demo.people import customer_id, person
from mandegar_local.or_fail import or_fail
from mandegar_local.stack_error import StackError
from mandegar_local.stack_files import local_stack_files

ORDERS = ("order_id", "customer_id", "paid_at", "total", "currency")
CUSTOMERS = (
    "customer_id", "name", "email", "phone", "locale", "email_consent", "email_consent_at", "email_consent_method",
    "sms_consent", "sms_consent_at", "sms_consent_method",
)  # fmt: skip
_ORIGIN = "The day to which the orders are moved, as RFC 3339. Default: that of `make demo` on this stack."


def demo_files_command(
    folder: Annotated[Path, typer.Argument(help="Where to write customers.csv and orders.csv.")] = Path(),
    origin: Annotated[str | None, typer.Option(help=_ORIGIN)] = None,
) -> None:
    """Write the demo's customers and orders as CSV files, for `mandegar import`."""

    def work() -> None:
        try:
            at = demo_origin(local_stack_files()) if origin is None else datetime.fromisoformat(origin).astimezone()
        except ValueError:
            raise StackError("--origin must be a time such as 2026-11-22T12:00:00Z.") from None
        orders = list(move_to(read_lines(sample_file().read_text()), at))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, columns, rows in (
                ("customers", CUSTOMERS, customer_rows(orders)),
                ("orders", ORDERS, order_rows(orders)),
            ):
                path = folder / f"{name}.csv"
                number = _write(path, columns, rows)
                typer.echo(f"{path}: {number:,} {name}; mandegar import {path} --kind {name}")
        except OSError as error:
            raise StackError(f"The files cannot be written: {error.strerror}.") from error

    or_fail(work)


def order_rows(orders: Sequence[Order]) -> Iterator[tuple[str, ...]]:
    """A row for each order, in the order of the demo's file."""
    for order in orders:
        who = customer_id(order.customer)
        yield order.order_id, who, order.paid_at.isoformat(), str(order.rials), CURRENCY


def customer_rows(orders: Sequence[Order]) -> Iterator[tuple[str, ...]]:
    """A row for each customer, with the consents as the demo's events state them."""
    for number, agreed_at in sorted(first_orders(orders).items()):
        who = person(number)
        consent = ("granted", agreed_at.isoformat(), "checkout") if who.consents else ("", "", "")
        yield who.customer_id, who.name, who.email, who.phone, who.locale, *consent, *consent


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    number = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for number, row in enumerate(rows, start=1):  # noqa: B007  the last one is returned
            writer.writerow(row)
    return number
