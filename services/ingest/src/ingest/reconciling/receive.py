"""Beginning a reconciliation, and taking the parts of its file."""

from datetime import datetime
from uuid import UUID

from ingest.context import IngestContext
from ingest.desk.unknown_shop import unknown_shop
from ingest.domain.file_rows.row_error import WrongColumns
from ingest.domain.pseudonyms import Pseudonyms
from ingest.reconciling.file_rows import insert_rows
from ingest.reconciling.options import FileOptions, options_of
from ingest.reconciling.read_part import CSV, JSON_LINES, Part, Reader, TooManyRows, read_part
from ingest.reconciling.rows import (
    count_reconciliations,
    get_reconciliation,
    insert_reconciliation,
    note_lines,
)
from ingest.sources.rows import load_shop, record_of_orders
from mandegar.database import Act, Connection, Row, as_shop, transaction_of
from mandegar.events.envelope import named_id
from mandegar.row_files.header import WrongHeader
from mandegar.row_files.text import WrongEncoding
from mandegar.shops import load_shops
from mandegar.web import Problem

AT_ONCE_MAX = 20
LINE_MAX = 2_000_000


async def begin(
    context: IngestContext,
    act: Act,
    *,
    name: str,
    fingerprint: str,
    options: FileOptions,
    period: tuple[datetime | None, datetime | None],
) -> Row:
    """The reconciliation of a file that is read and compared in this way, which may have begun before."""
    shop, now, text = act.shop, context.clock.now(), options.model_dump_json()
    id_ = named_id("\n".join(("reconciliation", shop, fingerprint, text, *(str(each) for each in period))))
    act.target = f"reconciliations/{id_}"
    async with as_shop(context.web, shop) as reading:
        if not await load_shops(reading, {shop}):
            raise unknown_shop()
    async with transaction_of(act, context.worker) as connection:
        try:
            options.reading(await load_shop(connection, shop), await record_of_orders(connection, shop), now)
        except ValueError as error:
            raise Problem(422, "invalid", "The unit does not fit the shop", str(error)) from None
        there = await get_reconciliation(connection, shop, id_)
        if there is None:
            if await count_reconciliations(connection, shop) >= AT_ONCE_MAX:
                raise _too_many()
            await insert_reconciliation(
                connection, shop, id_, name=name, fingerprint=fingerprint, options=text,
                began=period[0], ended=period[1], now=now,
            )  # fmt: skip
        return await require_reconciliation(connection, shop, id_)


async def receive(context: IngestContext, act: Act, id_: UUID, part: Part) -> tuple[Row, int]:
    """Store the rows of a part; the reconciliation, and how many rows were not stored before."""
    shop, now = act.shop, context.clock.now()
    async with as_shop(context.web, shop) as reading:
        options = options_of(await require_reconciliation(reading, shop, id_))
        settings, record = await load_shop(reading, shop), await record_of_orders(reading, shop)
    if part.media != CSV and part.media not in JSON_LINES:
        raise Problem(415, "unsupported_media_type", "Content-Type must be text/csv or application/x-ndjson")
    names = Pseudonyms(shop, context.identity_key, settings.customer_ids)
    try:
        read = await read_part(part, options, Reader(options.reading(settings, record, now), names))
    except (WrongEncoding, WrongHeader, TooManyRows) as error:
        raise Problem(422, "unreadable_file", "The part cannot be read", str(error)) from None
    except WrongColumns as error:
        raise Problem(422, error.code, "The columns do not fit", error.detail) from None
    if read.last_line > LINE_MAX:
        raise Problem(422, "too_many_rows", f"A file can have at most {LINE_MAX:,} lines", "Divide it by its period")
    async with transaction_of(act, context.worker) as connection:
        reconciliation = await require_reconciliation(connection, shop, id_, lock=True)
        if reconciliation["state"] in ("comparing", "accepting"):
            raise at_work(reconciliation)
        stored = await insert_rows(connection, shop, id_, read.rows)
        if stored or reconciliation["state"] == "receiving":
            await note_lines(connection, id_, read.last_line, read.period, now)
        return await require_reconciliation(connection, shop, id_), stored


async def require_reconciliation(connection: Connection, shop: str, id_: UUID, *, lock: bool = False) -> Row:
    """A reconciliation of the shop; raises ``Problem`` 404."""
    found = await get_reconciliation(connection, shop, id_, lock=lock)
    if found is None:
        raise Problem(404, "unknown_reconciliation", "This shop has no reconciliation with this id")
    return found


def at_work(reconciliation: Row) -> Problem:
    """The answer while rows are being compared or accepted."""
    return Problem(
        409,
        "at_work",
        f"The reconciliation is {reconciliation['state']}",
        "Wait until its state is compared: GET /v1/reconciliations/{reconciliation_id}",
    )


def _too_many() -> Problem:
    return Problem(
        409,
        "too_many_reconciliations",
        f"A shop can have {AT_ONCE_MAX} reconciliations",
        "Each is deleted 30 days after its last use. Delete one now: DELETE /v1/reconciliations/{reconciliation_id}",
    )
