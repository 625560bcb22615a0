"""Messages of one customer, also those that did not go out, and counts for a whole shop."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response

from mandegar.database import as_shop_reporting
from mandegar.service.reads import read_as_of
from mandegar.web import Ctx, CustomerRead, Principal, Router, require
from mandegar.web.access import CurrentPrincipal
from mandegar.web.customers import unknown_customer
from mandegar.web.json_answer import json_answer
from notify.domain.journey import TRANSACTIONAL
from notify.sends.message_rows import READ_MESSAGES, MessageRow
from notify.sends.reasons import in_words
from notify.sends.rows import CountRow, count_sends
from notify.sends.schemas import Count, Messages, Summary

router = Router(tags=["messages"])
# What was not sent, and why, is not for the customer, here as on churn's card.
_FOR_OWN_TOKEN: Final = frozenset({"sent", "sent_elsewhere"})


@router.read(
    "/v1/customers/{customer_id}/messages", Messages, summary="List a customer's messages, sent or not, with reasons"
)
async def customer_messages(
    ctx: Ctx,
    customer: CustomerRead,
    who: CurrentPrincipal,
    before: Annotated[UUID | None, Query(description="`next_before` of the previous page")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Messages per page, at most 200")] = 50,
) -> Response:
    """Returns the messages to a customer, newest first, with what became of each and why.

    A customer's own token gets those that were sent; with it a page may be shorter than `limit` although another one
    follows.
    """
    rows, as_of = await read_as_of(ctx, READ_MESSAGES, customer.shop, customer.customer_id, before, limit)
    if not rows:
        raise unknown_customer()
    sends = [MessageRow(*columns) for _, *columns in rows if columns[0] is not None]
    return json_answer(
        {
            "customer_id": rows[0]["customer_id"],
            "messages": [_message(send) for send in sends if who.subject is None or send.state in _FOR_OWN_TOKEN],
            "next_before": str(sends[-1].send_id) if len(sends) == limit else None,
            "as_of": as_of,
        }
    )


@router.get("/v1/messages/summary", summary="Count a shop's messages by journey, channel, state and reason")
async def summary(ctx: Ctx, who: Annotated[Principal, require("customers:read", "ops")]) -> Summary:
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        rows = await count_sends(connection, who.shop)
    return Summary(counts=[_count(row) for row in rows], total=sum(row.messages for row in rows), as_of=ctx.clock.now())


def _message(send: MessageRow) -> dict[str, Any]:
    """The fields of ``Message``."""
    return {
        "message_id": str(send.send_id),
        "journey": send.journey,
        "journey_version": send.journey_version,
        "channel": send.channel,
        "marketing": send.marketing and send.cause_type not in TRANSACTIONAL,
        "template": send.template,
        "locale": send.locale,
        "state": send.state,
        "reason": {"code": send.reason, "rule": in_words(send.reason)} if send.reason else None,
        "cause": {"event_id": str(send.cause_id), "type": send.cause_type},
        "triggered_at": send.triggered_at,
        "created_at": send.created_at,
        "not_before": send.not_before and max(send.not_before, send.created_at),
        "no_later_than": send.no_later_than,
        "attempts": send.attempt,
        "attempted_at": send.attempted_at,
        "decided_at": send.decided_at,
        "provider_ref": send.provider_ref,
        "started_as": send.started_as,
    }


def _count(row: CountRow) -> Count:
    return Count(**row._asdict(), rule=in_words(row.reason) if row.reason else None)
