"""Findings as they are answered."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from ingest.reconciling.explain import lacking, why
from ingest.reconciling.file_rows import list_rows
from ingest.reconciling.history_rows import list_extras
from ingest.reconciling.receive import LINE_MAX
from mandegar.database import ReadConnection, Row
from mandegar.quantities import whole_of
from mandegar.web import Problem
from mandegar.web.paging import cut


async def findings_page(
    connection: ReadConnection,
    shop: str,
    id_: UUID,
    kind: str,
    *,
    cause: str | None,
    limit: int,
    after: str | None,
) -> dict[str, Any]:
    """A page of the findings of one kind; raises ``Problem`` 422 for a cursor that is none."""
    if kind == "extra":
        listed = await list_extras(connection, shop, id_, cause=cause, after=after or "", limit=limit)
    else:
        listed = await list_rows(connection, shop, id_, kind, cause=cause, after=_line(after), limit=limit)
    rows, more = cut(listed, limit)
    key = "order_id" if kind == "extra" else "line"
    return {
        "findings": [_extra(row) if kind == "extra" else _finding(row) for row in rows],
        "next_after": str(rows[-1][key]) if more else None,
    }


def _line(after: str | None) -> int:
    if after is None:
        return 0
    try:
        line = whole_of(after)
    except ValueError:
        line = -1
    if not 0 <= line <= LINE_MAX:
        raise Problem(422, "invalid", "after must be a cursor from an earlier answer")
    return line


def _finding(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("kind", "line", "order_id", "customer_id", "cause")},
        "why": why(row["cause"], row["fault"]),
        "lacks": lacking(row["lacks"]),
        "file": {
            **{name: row[name] for name in ("currency", "status", "version")},
            "time": row["at"],
            "total": _text(row["total"]),
            "refunded": _text(row["refunded"]),
        },
        "ours": _ours(row),
    }


def _extra(row: Row) -> dict[str, Any]:
    return {
        "kind": "extra",
        "line": None,
        **{name: row[name] for name in ("order_id", "customer_id", "cause")},
        "why": why(row["cause"]),
        "lacks": None,
        "file": None,
        "ours": _ours(row),
    }


def _ours(row: Row) -> dict[str, Any] | None:
    total, refunded = row["our_total"], row["our_refunded"] or Decimal(0)
    if total is None:
        return None
    net = max(total - refunded, Decimal(0))
    return {"total": _text(total), "refunded": _text(refunded), "net": _text(net), "time": row["our_time"]}


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
