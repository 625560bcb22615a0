"""Messages of one customer, also those that did not go out, and counts for a whole shop."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from mandegar.database import as_shop, as_shop_reporting
from mandegar.events import CustomerKey
from mandegar.web import Ctx, CustomerRead, Principal, Router, require
from mandegar.web.customers import unknown_customer
from notify.contacts.rows import load_contact
from notify.sends.reasons import in_words
from notify.sends.rows import CountRow, Send, count_sends, list_sends
from notify.sends.schemas import Cause, Count, Message, Messages, Reason, Summary

router = Router(tags=["messages"])


@router.get("/v1/customers/{customer_id}/messages", summary="A customer's messages, sent or not, with reasons")
async def customer_messages(
    ctx: Ctx,
    customer: CustomerRead,
    before: Annotated[UUID | None, Query(description="`next_before` of the previous page")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Messages per page, at most 200")] = 50,
) -> Messages:
    key = CustomerKey(customer.shop, customer.customer_id)
    async with as_shop(ctx.web, customer.shop) as connection:
        if await load_contact(connection, key) is None:
            raise unknown_customer()
        sends = await list_sends(connection, key, before=before, limit=limit)
    return Messages(
        customer_id=customer.customer_id,
        messages=[_message(send) for send in sends],
        next_before=sends[-1].send_id if len(sends) == limit else None,
        as_of=ctx.clock.now(),
    )


@router.get("/v1/messages/summary", summary="A shop's messages, counted by journey, channel, state and reason")
async def summary(ctx: Ctx, who: Annotated[Principal, require("customers:read", "ops")]) -> Summary:
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        rows = await count_sends(connection, who.shop)
    return Summary(counts=[_count(row) for row in rows], total=sum(row.messages for row in rows), as_of=ctx.clock.now())


def _message(send: Send) -> Message:
    return Message(
        message_id=send.send_id,
        journey=send.journey,
        journey_version=send.journey_version,
        channel=send.channel,
        template=send.template,
        locale=send.locale,
        state=send.state,
        reason=Reason(code=send.reason, rule=in_words(send.reason)) if send.reason else None,
        cause=Cause(event_id=send.cause_id, type=send.cause_type),
        triggered_at=send.triggered_at,
        created_at=send.created_at,
        not_before=send.not_before,
        no_later_than=send.no_later_than,
        attempts=send.attempt,
        attempted_at=send.attempted_at,
        decided_at=send.decided_at,
        provider_ref=send.provider_ref,
    )


def _count(row: CountRow) -> Count:
    return Count(**row._asdict(), rule=in_words(row.reason) if row.reason else None)
