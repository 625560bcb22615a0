"""Customers who have changed since a reader looked last, so that a copy of them is kept up with few requests."""

from typing import Annotated

from fastapi import Query

from churn.changes.rows import BEGINNING, Changed, Place, timeline_of, walk_changes
from churn.changes.schemas import ChangedCustomer, ChangedCustomers
from mandegar.database import as_shop_reporting
from mandegar.quantities import whole_of
from mandegar.tokens import Principal
from mandegar.web import Ctx, Problem, Router, errors, require
from mandegar.web.paging import CURSOR_MAX, read_cursor, stored_text, write_cursor

router = Router()

_XID_MAX = 1 << 62


@router.get(
    "/v1/customers:changed",
    summary="List the customers who have changed since a cursor",
    responses=errors((410, "cursor_expired", "the database was restored since: begin again, without `since`")),
)
async def changed(
    ctx: Ctx,
    who: Annotated[Principal, require("customers:read")],
    since: Annotated[
        str | None,
        Query(max_length=CURSOR_MAX, description="next_cursor of the previous answer; without it, everybody is listed"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Customers per page, at most 1000")] = 200,
) -> ChangedCustomers:
    """Returns each customer once whose band, value at risk, tier or segments have changed, or who was merged, split,
    erased or readmitted: as they are now, in the order of their latest changes. A customer who changes while you page
    comes again behind the others.

    Nothing is left out: a change that commits late is behind the cursor of every answer that did not have it. It is
    listed once everything is finished that had begun to write before it, mostly within a second; while a long
    transaction in any database of the server holds the list up, `complete_until` stands still. Customers in whom
    nothing changes but the risk of the moment are not listed.
    """
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        timeline = await timeline_of(connection)
        walked = await walk_changes(
            connection, who.shop, BEGINNING if since is None else _place(since, timeline), limit
        )
    return ChangedCustomers(
        customers=[_answer(each) for each in walked.changed],
        next_cursor=write_cursor(f"{timeline}.{walked.last.changed_in}", walked.last.customer_id),
        more=walked.more,
        complete_until=walked.complete_until,
        as_of=ctx.clock.now(),
    )


def _place(cursor: str, timeline: str) -> Place:
    """The place in a cursor of this timeline; raises a 410 problem for one of another."""
    (of, changed_in), customer_id = read_cursor(cursor, _number, stored_text, parameter="since")
    if of != timeline:
        raise Problem(
            410,
            "cursor_expired",
            "The database was restored since this cursor was given out",
            "Begin again without `since`: everybody is listed, erased and merged customers too",
        )
    return Place(changed_in, customer_id)


def _number(text: str) -> tuple[str, int]:
    timeline, separator, changed_in = text.rpartition(".")
    number = whole_of(changed_in)
    if not separator or not 0 <= number < _XID_MAX:
        raise ValueError("not a cursor of changes")
    return timeline, number


def _answer(customer: Changed) -> ChangedCustomer:
    return ChangedCustomer(
        customer_id=customer.customer_id,
        merged_into=customer.merged_into,
        erased=customer.erased,
        band=customer.band,
        band_since=customer.band_since,
        value_at_risk=None if customer.value_at_risk is None else f"{customer.value_at_risk:f}",
        tier=customer.tier,
        segments=sorted(customer.members or ()),
    )
