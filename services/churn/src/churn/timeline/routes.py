"""The history of one customer, newest first."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import AwareDatetime

from churn.domain.timeline.entry import KINDS
from churn.domain.timeline.shown import OWN_KINDS
from churn.timeline.read_rows import LAST, LOWEST, read_timeline
from churn.timeline.schemas import TimelineAnswer, timeline_fields
from mandegar.web import Ctx, CustomerRead, Problem, Router, errors
from mandegar.web.access import CurrentPrincipal
from mandegar.web.customers import unknown_customer
from mandegar.web.json_answer import json_answer
from mandegar.web.language import AcceptLanguage, Lang, language_of
from mandegar.web.paging import in_utc, instant, read_cursor, write_cursor

router = Router()

INVALID_KIND = (422, "invalid_kind", "`kind` names something that a history does not have")
INVALID_INSTANT = (422, "invalid_instant", "`from` or `to` is no instant of the years 1 to 9999 in UTC")


@router.get(
    "/v1/customers/{customer_id}/timeline",
    summary="Get the history of a customer",
    response_model=TimelineAnswer,
    responses=errors(INVALID_KIND, INVALID_INSTANT, (422, "invalid_cursor", "`cursor` is none of an earlier answer")),
)
async def timeline(
    ctx: Ctx,
    customer: CustomerRead,
    who: CurrentPrincipal,
    kind: Annotated[
        str | None,
        Query(max_length=200, description=f"Some of {', '.join(KINDS)}, separated by commas; defaults to all"),
    ] = None,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="Entries of this instant or later")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to", description="Entries before this instant")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Entries per page, at most 200")] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, description="next_cursor of the previous page")] = None,
    lang: Lang = None,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Returns what the customer did, and what became of it, newest first: orders with their refunds, visits by day,
    reviews, surveys, tickets, points, bands and segments, contracts, messages and consents, each with a sentence.

    An entry keeps its id and its place, and shows the newest state. The newest 2,000 entries of a customer are kept.
    A customer's own token gets orders, points, contracts, and messages that were sent; with it a page may be
    shorter than `limit`.
    """
    own = who.subject is not None
    kinds = _kinds(kind, OWN_KINDS if own else tuple(KINDS))
    begin = None if since is None else _utc(since)
    before = LAST if until is None else _utc(until), LOWEST
    if cursor is not None:
        before = min(before, read_cursor(cursor, instant, UUID))
    page = await read_timeline(ctx, customer.shop, customer.customer_id, kinds, begin, before, limit)
    if page.customer_id is None:
        raise unknown_customer()
    last = page.entries[-1] if len(page.entries) == limit else None
    more = None if last is None else write_cursor(last.at, last.entry_id)
    return json_answer(timeline_fields(page, more, language_of(lang, accept_language), own=own))


def _kinds(asked: str | None, allowed: tuple[str, ...]) -> list[int]:
    """The stored kinds of what is asked for, as far as the token may see it."""
    names = [*allowed] if asked is None else [name.strip() for name in asked.split(",") if name.strip()]
    if unknown := [name for name in names if name not in KINDS]:
        raise Problem(422, "invalid_kind", f"A history has no {unknown[0]}: use some of {', '.join(KINDS)}")
    return [code for name in dict.fromkeys(names) if name in allowed for code in KINDS[name]]


def _utc(at: datetime) -> datetime:
    try:
        return in_utc(at)
    except ValueError as error:
        raise Problem(422, "invalid_instant", f"`from` and `to` {error}") from None
