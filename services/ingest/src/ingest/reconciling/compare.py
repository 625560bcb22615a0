"""Compares the rows of a file with the history, a bounded number at a time.

First the rows by line, then the quarantine for orders that are missing or differ, then the history for orders that the
file does not have. Each step is one transaction of ``carry_on``.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from ingest.domain.comparison import AmountIs, Ours, Stated, compare
from ingest.domain.customer_ids import is_id
from ingest.domain.documents import read_document
from ingest.domain.pseudonyms import Pseudonyms
from ingest.domain.sources import Shop
from ingest.doors.request.limits import EVENT_BYTES_MAX
from ingest.reconciling.file_rows import Compared, next_rows, set_cause, set_compared
from ingest.reconciling.history_rows import (
    delete_extras,
    end_of_page,
    find_extras,
    insert_extras,
    next_quarantined,
)
from ingest.reconciling.read_history import Known, read_history
from ingest.reconciling.rows import set_counts, set_state
from ingest.reconciling.rules import what_lacks, why_missing
from ingest.reconciling.summarise import summarise
from mandegar.database import Row, WorkerConnection
from mandegar.events.written import plain_id
from mandegar.quantities import whole_of

ROWS_AT_ONCE = 500
EXTRAS_AT_ONCE = 5_000
DELETED_AT_ONCE = 10_000
QUARANTINED_AT_ONCE = 200
# In the order in which they follow each other.
PHASES = ("extras_before", "rows", "quarantine", "extras", "counts")


class Comparing(NamedTuple):
    """A step: the reconciliation, its shop, how amounts are meant, and the key of hashes."""

    reconciliation: Row
    shop: Shop
    amount_is: AmountIs
    key: bytes

    @property
    def id(self) -> UUID:
        id_: UUID = self.reconciliation["id"]
        return id_

    @property
    def place(self) -> str:
        place: str = self.reconciliation["place"]
        return place


async def compare_some(connection: WorkerConnection, step: Comparing, now: datetime) -> None:
    """Carry a comparison on by one step."""
    phase = step.reconciliation["phase"]
    if phase == "counts":
        await set_counts(connection, step.id, json.dumps(await summarise(connection, step.id, step.amount_is)), now)
        return
    place = await _STEPS[phase](connection, step)
    if place is None:
        phase, place = PHASES[PHASES.index(phase) + 1], ""
    await set_state(connection, step.id, "comparing", now, phase=phase, place=place)


async def _forget_extras(connection: WorkerConnection, step: Comparing) -> str | None:
    return "" if await delete_extras(connection, step.id, DELETED_AT_ONCE) else None


async def _compare_rows(connection: WorkerConnection, step: Comparing) -> str | None:
    rows = await next_rows(connection, step.id, after=whole_of(step.place or "0"), limit=ROWS_AT_ONCE)
    if not rows:
        return None
    order_ids = {row["order_id"] for row in rows if row["order_id"] is not None}
    known = await read_history(connection, step.shop.id, order_ids, step.key)
    await set_compared(connection, step.id, [_compared(row, known, step) for row in rows])
    return str(rows[-1]["line"])


def _compared(row: Row, known: Mapping[str, Known], step: Comparing) -> Compared:
    line = row["line"]
    if row["fault"] is not None:
        return Compared(line, "invalid", row["fault"].partition(":")[0])
    if row["first_line"] != line:
        same = all(row[field] in (None, row[f"first_{field}"]) for field in ("total", "refunded", "status"))
        return Compared(line, "repeated" if same else "invalid", None if same else "order_twice")
    order = known.get(row["order_id"])
    if order is None or not order.came:
        past = () if order is None else order.past
        cause = why_missing(past, erased=row["erased"], currency=row["currency"])
        return Compared(line, "missing", cause, what_lacks(dict(row), step.amount_is))
    if order.ours is None:
        return Compared(line, "matched", order.why)
    ours = order.ours
    if row["currency"] is not None:
        return Compared(line, "differs", "other_currency", None, *_amounts(ours))
    stated = Stated(row["total"], row["refunded"], row["status"], row["at"], row["version"])
    verdict = compare(stated, ours, step.amount_is, step.shop.zone)
    kind = "matched" if verdict.cause is None else "differs"
    return Compared(line, kind, verdict.cause, None, *_amounts(ours), verdict.shift)


def _amounts(ours: Ours) -> tuple[Decimal, Decimal, datetime | None]:
    return ours.total, ours.refunded, ours.paid_at or (ours.times[0] if ours.times else None)


async def _ask_quarantine(connection: WorkerConnection, step: Comparing) -> str | None:
    at, _, id_ = step.place.partition("~")
    entries = await next_quarantined(
        connection,
        step.shop.id,
        after=(datetime.fromisoformat(at), UUID(id_)) if at else None,
        limit=QUARANTINED_AT_ONCE,
        bytes_max=EVENT_BYTES_MAX,
    )
    if not entries:
        return None
    names = Pseudonyms(step.shop.id, step.key, step.shop.customer_ids)
    causes = {
        order_id: f"quarantined_{entry['code']}" for entry in entries for order_id in _order_ids(entry["body"], names)
    }
    await set_cause(connection, step.id, [*causes.items()])
    return f"{entries[-1]['received_at'].isoformat()}~{entries[-1]['id']}"


def _order_ids(body: bytes | None, names: Pseudonyms) -> set[str]:
    """The order that a body names, as it would be published: an event that cannot be accepted may name one."""
    document = read_document(body) if body is not None else None
    data = document.get("data") if document is not None else None
    named = data.get("order_id") if isinstance(data, dict) else None
    text = plain_id(named) if isinstance(named, str) else ""
    return {text, names.of_order(text)} if is_id(text) else set()


async def _find_extras(connection: WorkerConnection, step: Comparing) -> str | None:
    shop = step.shop.id
    until = await end_of_page(connection, shop, step.place, EXTRAS_AT_ONCE)
    if until is None:
        return None
    asked = step.reconciliation
    began, ended = asked["began"] or asked["first_at"], asked["ended"] or asked["last_at"]
    order_ids = await find_extras(connection, shop, step.id, after=step.place, until=until, began=began, ended=ended)
    known = await read_history(connection, shop, order_ids, step.key)
    extras = [
        (order_id, order.holder, _extra(order, ended))
        for order_id, order in known.items()
        if order.came and order.why != "erased"
    ]
    await insert_extras(connection, shop, step.id, extras)
    return until


def _extra(order: Known, ended: datetime | None) -> Compared:
    ours = order.ours
    if ours is None:
        return Compared(0, "extra", order.why)
    cause = "not_in_file"
    if ours.cancelled:
        cause = "cancelled_here"
    elif ours.refunded and not ours.net:
        cause = "refunded_here"
    elif ours.paid_at is None:
        cause = "unpaid_here"
    elif ended is not None and ours.paid_at > ended:
        cause = "paid_later"
    return Compared(0, "extra", cause, None, *_amounts(ours))


_STEPS: Mapping[str, Callable[[WorkerConnection, Comparing], Awaitable[str | None]]] = {
    "extras_before": _forget_extras,
    "rows": _compare_rows,
    "quarantine": _ask_quarantine,
    "extras": _find_extras,
}
