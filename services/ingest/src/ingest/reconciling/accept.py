"""Accepts orders that are missing, through the hallway and in their place: as of the file's time, for its customer.

Their ids are derived from the order, so an order that is accepted twice, or that the shop sends later, is one order.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import json

from ingest.desk.release_entries import SETTLED
from ingest.domain.candidates import Arrival
from ingest.domain.comparison import AmountIs
from ingest.domain.normalise import Reading
from ingest.domain.outcomes import Result
from ingest.domain.sources import Source
from ingest.doors.metrics import count_answers
from ingest.doors.native.form import NATIVE
from ingest.doors.read_events import read_event
from ingest.hallway.accept import accept
from ingest.hallway.quarantine import ALREADY_THERE
from ingest.reconciling.file_rows import Compared, next_missing, set_compared
from ingest.reconciling.history_rows import find_published
from ingest.reconciling.options import amount_is_of
from ingest.reconciling.rules import refunded_in_part, refunded_whole
from mandegar.database import Row, WorkerConnection, after_commit
from mandegar.outbox.rows import write_outbox
from mandegar.quantities import whole_of
from mandegar.service.context import Context

ROWS_AT_ONCE = 100
_PREFIX = "reconciled"
_TYPES = {"open": "order.placed", "paid": "order.paid", None: "order.paid"}


async def accept_some(
    connection: WorkerConnection, reconciliation: Row, source: Source, context: Context, now: datetime
) -> str | None:
    """Accept the next missing rows; the line behind which to go on, None if there are no more."""
    id_: UUID = reconciliation["id"]
    amount_is: AmountIs = amount_is_of(reconciliation)
    after = whole_of(reconciliation["place"] or "0")
    rows = await next_missing(connection, id_, every=reconciliation["accept_all"], after=after, limit=ROWS_AT_ONCE)
    if not rows:
        return None
    came = await find_published(connection, source.shop.id, {row["order_id"] for row in rows})
    waiting = [row for row in rows if row["order_id"] not in came]
    reading = Reading(source, now, context.identity_key)
    arrivals: list[Arrival] = []
    of_row: list[slice] = []
    for row in waiting:
        events = events_of(dict(row), amount_is, source.shop.currency)
        of_row.append(slice(len(arrivals), len(arrivals) + len(events)))
        arrivals += [read_event(NATIVE, body, 0, reading) for body in events]
    accepted = await accept(connection, arrivals, now, context.settings.partitions, ALREADY_THERE)
    await write_outbox(connection, accepted.outgoing)
    after_commit(partial(count_answers, "reconcile", accepted.results))
    compared = [Compared(row["line"], "matched", "came_since") for row in rows if row["order_id"] in came]
    for row, place in zip(waiting, of_row, strict=True):
        compared.append(_compared(row, accepted.results[place]))
    await set_compared(connection, id_, compared)
    return str(rows[-1]["line"])


def events_of(row: Mapping[str, Any], amount_is: AmountIs, currency: str) -> list[bytes]:
    """The order that a row states, and the refund of a part of it, as events in the native form."""
    refunded, total = row["refunded"], row["total"]
    if amount_is == "net" and refunded:
        total += refunded
    status = "refunded" if refunded_whole(row, amount_is) else row["status"]
    common = {
        "time": row["at"].astimezone(UTC).isoformat(),
        "customer": {"id": row["customer_id"]},
    }
    data = {"order_id": row["order_id"], "currency": currency, "total": f"{total:f}", "version": row["version"]}
    order = {"type": _TYPES.get(status, "order.updated"), "id": f"{_PREFIX}/{row['order_id']}", **common}
    events = [{**order, "data": {**data, "status": status or "paid"}}]
    if refunded_in_part(row, amount_is):
        id_ = row["refund_id"]
        refund = {"order_id": row["order_id"], "refund_id": id_, "amount": f"{refunded:f}", "currency": currency}
        name = f"{_PREFIX}/{row['order_id']}/{id_}"
        events.append({"type": "refund.issued", "id": name, **common, "data": refund})
    return [json.encode(event) for event in events]


def _compared(row: Row, results: Sequence[Result]) -> Compared:
    refused = next((result for result in results if result.status not in SETTLED), None)
    if refused is None:
        return Compared(row["line"], "accepted", row["cause"], None, row["total"], row["refunded"], row["at"])
    return Compared(row["line"], "missing", row["cause"], refused.code or "refused")
