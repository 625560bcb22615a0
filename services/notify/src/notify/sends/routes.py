"""Messages of one customer, also those that did not go out, and counts of a whole shop."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from mandegar.database import Row, as_shop
from mandegar.events import CustomerKey
from mandegar.web import Ctx, CustomerRead, Principal, Problem
from mandegar.web.access import principal, unknown_customer
from notify.contacts.rows import load_customer
from notify.schemas import Cause, Count, Message, Messages, Reason, Summary
from notify.sends.message_rows import count_messages, list_messages
from notify.sends.reasons import in_words

router = APIRouter(tags=["messages"])

_SAME = (
    *("journey", "journey_version", "channel", "template", "locale", "state", "triggered_at", "created_at"),
    *("not_before", "no_later_than", "attempted_at", "decided_at", "provider_ref"),
)


@router.get("/v1/customers/{customer_id}/messages", summary="Messages of a customer, sent or not, with reasons")
async def customer_messages(
    ctx: Ctx,
    customer: CustomerRead,
    before: Annotated[UUID | None, Query(description="The next_before of the page above")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Messages:
    key = CustomerKey(customer.shop, customer.customer_id)
    async with as_shop(ctx.web, customer.shop) as connection:
        if await load_customer(connection, key) is None:
            raise unknown_customer()
        rows = await list_messages(connection, key, before=before, limit=limit)
    return Messages(
        customer_id=customer.customer_id,
        messages=[_message(row) for row in rows],
        next_before=rows[-1]["send_id"] if len(rows) == limit else None,
        as_of=ctx.clock.now(),
    )


@router.get("/v1/messages/summary", summary="Messages of a shop by journey, channel, state and reason")
async def summary(ctx: Ctx, who: Annotated[Principal, Depends(principal)]) -> Summary:
    if who.subject is not None or not who.scopes & {"ops", "customers:read"}:
        raise Problem(403, "forbidden", "This needs a token with the scope ops or customers:read")
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await count_messages(connection, who.shop)
    counts = [Count(**dict(row), rule=in_words(row["reason"])) for row in rows]
    return Summary(counts=counts, total=sum(count.messages for count in counts), as_of=ctx.clock.now())


def _message(row: Row) -> Message:
    code = row["reason"]
    return Message(
        **{name: row[name] for name in _SAME},
        message_id=row["send_id"],
        reason=Reason(code=code, rule=in_words(code) or code) if code else None,
        cause=Cause(event_id=row["cause_id"], type=row["cause_type"]),
        attempts=row["attempt"],
    )
