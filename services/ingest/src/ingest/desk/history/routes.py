"""The accepted events of one customer, as their shop sent them."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query
from fastapi.responses import Response

from ingest.context import IngestCtx
from ingest.desk.history.schemas import History
from ingest.desk.paging import Before, read_before
from ingest.hallway.rows.history import list_events
from ingest.identity.rows import customer_exists, standing_erasure
from ingest.sources.limit_rows import get_limits
from mandegar.customers.alias_rows import roots_of
from mandegar.database import Row, as_shop
from mandegar.events import CustomerKey
from mandegar.web import Problem, Router, errors
from mandegar.web.access import CurrentPrincipal
from mandegar.web.customers import READ, customer, unknown_customer
from mandegar.web.paging import PAGE_BYTES_MAX, write_cursor

router = Router(prefix="/v1/customers", tags=["customers"])
# What a door has answered for is in the history, so nothing has to be waited for.
Customer = Annotated[CustomerKey, customer(READ)]


@router.get(
    "/{customer_id}/events",
    summary="List a customer's events, latest first",
    response_model=History,
    responses=errors(
        (404, "unknown_customer", "no event of the customer has been accepted"),
        (410, "customer_erased", "the customer was erased, and nothing is held of them"),
    ),
)
async def list_history(
    ctx: IngestCtx,
    customer: Customer,
    who: CurrentPrincipal,
    limit: Annotated[int, Query(ge=1, le=500, description="Events per page, at most 500")] = 50,
    before: Before = None,
) -> Response:
    """Events that were sent under other ids of the customer are among them, and each says its own. An id that was
    merged into another answers as the customer's.

    Bodies hold whatever the shop sent, addresses and free text too: they are shown to a token of the shop with the
    scope `events:raw`, and are null for others. A page has at most 1 MiB, and then fewer events than `limit`."""
    with_bodies = "events:raw" in who.scopes and who.subject is None
    async with as_shop(ctx.web, customer.shop) as connection:
        cursor = read_before(before)
        customer = (await roots_of(connection, [customer])).get(customer, customer)
        rows = await list_events(
            connection,
            customer.shop,
            customer.customer_id,
            limit=limit,
            before=cursor,
            bytes_max=PAGE_BYTES_MAX,
            with_bodies=with_bodies,
        )
        body_days = (await get_limits(connection, customer.shop))["body_days"]
        visit_days = body_days or ctx.settings.browser_body_days
        if (erasure := await standing_erasure(connection, customer)) is not None:
            raise _erased(erasure)
        if not rows and not await customer_exists(connection, customer.shop, customer.customer_id):
            raise unknown_customer()
    last = rows[-1] if rows and rows[-1]["more"] else None
    answer = {
        "customer_id": customer.customer_id,
        "events": [_event(row, visit_days if row["of_browser"] else body_days) for row in rows],
        "next_before": write_cursor(last["time"], last["event_id"]) if last else None,
        "as_of": ctx.clock.now(),
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _erased(erasure_id: UUID) -> Problem:
    return Problem(
        410,
        "customer_erased",
        "The customer was erased",
        f"GET /v1/erasures/{erasure_id} says what was erased, when, and what remains",
    )


def _event(row: Row, body_days: int | None) -> dict[str, Any]:
    fields = ("event_id", "customer_id", "source_id", "type", "order_id", "time", "recorded_time", "published", "code")
    # Raw, so that the body is answered byte for byte.
    body = None if row["body"] is None else msgspec.Raw(row["body"])
    until = body_days and row["recorded_time"] + timedelta(days=body_days)
    return {**{field: row[field] for field in fields}, "id": row["native_id"], "body": body, "body_kept_until": until}
