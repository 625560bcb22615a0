"""Beginning to compare and to accept, and dropping a reconciliation."""

import json
from collections.abc import Sequence
from uuid import UUID

from ingest.context import IngestContext
from ingest.domain.customer_ids import text_id
from ingest.domain.outcomes import Refused
from ingest.domain.pseudonyms import Pseudonyms
from ingest.reconciling.compare import PHASES
from ingest.reconciling.file_rows import want
from ingest.reconciling.receive import at_work, require_reconciliation
from ingest.reconciling.rows import set_accepting, set_state
from ingest.sources.rows import load_shop, record_of_orders
from mandegar.database import Act, Row, transaction_of
from mandegar.web import Problem


async def start_comparing(context: IngestContext, act: Act, id_: UUID) -> Row:
    """Begin to compare what was received of the file; raises ``Problem``. A comparison that runs already goes on."""
    async with transaction_of(act, context.worker) as connection:
        reconciliation = await require_reconciliation(connection, act.shop, id_, lock=True)
        if reconciliation["state"] == "comparing":
            return reconciliation
        if reconciliation["state"] == "accepting":
            raise at_work(reconciliation)
        if not reconciliation["last_line"]:
            raise Problem(
                409, "no_rows", "No part of the file was received", "Send it: POST …/{reconciliation_id}/rows"
            )
        await set_state(connection, id_, "comparing", context.clock.now(), phase=PHASES[0])
        return await require_reconciliation(connection, act.shop, id_)


async def start_accepting(
    context: IngestContext,
    act: Act,
    id_: UUID,
    order_ids: Sequence[str] | None,
    *,
    confirm: bool,
) -> Row:
    """Begin to accept missing orders, all or some; raises ``Problem``."""
    shop = act.shop
    async with transaction_of(act, context.worker) as connection:
        reconciliation = await require_reconciliation(connection, shop, id_, lock=True)
        if reconciliation["state"] in ("comparing", "accepting"):
            raise at_work(reconciliation)
        if reconciliation["state"] == "receiving":
            raise Problem(
                409,
                "not_compared",
                "The file has not been compared since its last part came",
                "POST /v1/reconciliations/{reconciliation_id}/compare first",
            )
        warned = json.loads(reconciliation["counts"])["warnings"]
        if warned and not confirm:
            raise Problem(
                409,
                "needs_confirmation",
                "Something is wrong with the file as a whole",
                " ".join(f"{each['detail'][:1].upper()}{each['detail'][1:]}." for each in warned)
                + " Correct it and begin again, or accept with confirm true.",
                warnings=warned,
            )
        if await record_of_orders(connection, shop) is None:
            raise Problem(
                409,
                "no_record_of_orders",
                "No open source of the shop is its record of orders, so that orders are not published",
                'Make one that: PATCH /v1/sources/{source_id} {"record_of_orders": true}',
            )
        if order_ids is not None:
            names = Pseudonyms(shop, context.identity_key, (await load_shop(connection, shop)).customer_ids)
            found = await want(connection, id_, _ids(order_ids, names))
            if not found:
                raise Problem(409, "nothing_missing", "None of these orders is missing here")
        await set_accepting(connection, id_, context.clock.now(), every=order_ids is None)
        return await require_reconciliation(connection, shop, id_)


async def drop(context: IngestContext, act: Act, id_: UUID) -> None:
    """Drop a reconciliation, whose rows are deleted in the background; raises ``Problem`` 404."""
    async with transaction_of(act, context.worker) as connection:
        await require_reconciliation(connection, act.shop, id_, lock=True)
        await set_state(connection, id_, "dropped", context.clock.now())


def _ids(order_ids: Sequence[str], names: Pseudonyms) -> set[str]:
    """The ids as the shop writes them, and as they are published."""
    ids: set[str] = set()
    for each in order_ids:
        try:
            text = text_id(each, "order_ids")
        except Refused as refused:
            raise Problem(422, "invalid", "An order id cannot be used", refused.detail) from None
        ids |= {text, names.of_order(text)}
    return ids
