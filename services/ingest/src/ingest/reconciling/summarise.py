"""What a comparison comes to, as it is stored and answered."""

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

from ingest.domain.comparison import AmountIs
from ingest.reconciling.count_rows import count_causes, count_dated, count_extras, count_shifts, sum_currencies
from ingest.reconciling.rules import Cause, warnings
from mandegar.database import Row, WorkerConnection

KINDS = ("matched", "missing", "differs", "accepted", "repeated", "invalid")


async def summarise(connection: WorkerConnection, id_: UUID, amount_is: AmountIs) -> dict[str, Any]:
    """Counts by kind, sums, causes with an example each, and what is wrong with the file as a whole."""
    net = amount_is == "net"
    rows = await count_causes(connection, id_, net=net)
    extras = await count_extras(connection, id_, net=net)
    shifts = await count_shifts(connection, id_)
    orders: Counter[str] = Counter(dict.fromkeys((*KINDS, "extra"), 0))
    for row in rows:
        orders[row["kind"]] += row["orders"]
    orders["extra"] = sum(row["orders"] for row in extras)
    causes = Counter[tuple[str, str | None]]()
    for row in rows:
        causes[row["kind"], row["cause"]] += row["orders"]
    warned = warnings(
        [Cause(kind, cause, count) for (kind, cause), count in causes.items()],
        [(row["shift"], row["orders"]) for row in shifts],
        await count_dated(connection, id_),
    )
    return {
        "orders": orders,
        "acceptable": sum(row["orders"] for row in rows if row["kind"] == "missing" and row["lacks"] is None),
        "lacking": _lacking(rows),
        "sums": {
            "matched": _sums(rows, "matched"),
            "differs": _sums(rows, "differs"),
            "missing": _sums(rows, "missing"),
            "accepted": _sums(rows, "accepted"),
            "extra": {"file": "0", "ours": _sum(extras, "ours")},
        },
        "currencies": [
            {"currency": row["currency"], "orders": row["orders"], "file": _text(row["theirs"])}
            for row in await sum_currencies(connection, id_)
        ],
        "causes": _causes(rows, extras),
        "shifts": [{"minutes": row["shift"], "orders": row["orders"], "line": row["line"]} for row in shifts],
        "warnings": [each._asdict() for each in warned],
    }


def _lacking(rows: list[Row]) -> dict[str, int]:
    lacking: Counter[str] = Counter()
    for row in rows:
        if row["kind"] == "missing" and row["lacks"] is not None:
            lacking[row["lacks"]] += row["orders"]
    return lacking


def _sums(rows: list[Row], kind: str) -> dict[str, str]:
    mine = [row for row in rows if row["kind"] == kind and row["cause"] != "other_currency"]
    return {
        "file": _sum(mine, "theirs"),
        "ours": _sum(mine, "ours"),
    }


def _sum(rows: list[Row], column: str) -> str:
    amounts: list[Decimal] = [row[column] for row in rows if row[column] is not None]
    return _text(sum(amounts, Decimal(0)))


def _causes(rows: list[Row], extras: list[Row]) -> list[dict[str, Any]]:
    grouped: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if row["cause"] is None:
            continue
        cause = grouped.setdefault(
            (row["kind"], row["cause"]),
            {"kind": row["kind"], "cause": row["cause"], "orders": 0, "line": row["line"], "order_id": None},
        )
        cause["orders"] += row["orders"]
        cause["line"] = min(cause["line"], row["line"])
    found = [
        *grouped.values(),
        *(
            {"kind": "extra", "cause": row["cause"], "orders": row["orders"], "line": None, "order_id": row["order_id"]}
            for row in extras
        ),
    ]
    return sorted(found, key=lambda cause: -cause["orders"])


def _text(amount: Decimal | None) -> str:
    return f"{amount or Decimal(0):f}"
