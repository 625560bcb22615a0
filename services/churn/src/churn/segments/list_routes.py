"""Routes of memberships: the customers of a segment, as JSON or CSV, and the segments of a customer."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated

from fastapi import Query, Request, Response

from churn.customers.rows import find_customer
from churn.segments.read_rows import Member, list_members, memberships_of
from churn.segments.routes import UNKNOWN, Name, Reader, require_segment
from churn.segments.schemas import MemberAnswer, MemberList, MembershipAnswer, MembershipList
from mandegar.database import as_shop, as_shop_reporting
from mandegar.events import CustomerKey
from mandegar.service.context import Context
from mandegar.web import Ctx, Router, errors
from mandegar.web.access import TokenAccess
from mandegar.web.csv_answer import ALSO_CSV, WithBom, csv_answer, wants_csv
from mandegar.web.customers import customer_after, unknown_customer
from mandegar.web.paging import read_cursor, stored_text, write_cursor

router = Router(tags=["segments"])
CSV_PAGE = 1_000
# The shop's view of a customer is not for the customer's own token, here as on the card.
_CustomerOfShop = Annotated[CustomerKey, customer_after(TokenAccess(("customers:read",)))]


@router.get(
    "/v1/segments/{name}/customers",
    summary="List the customers in a segment",
    responses={**ALSO_CSV, **errors(UNKNOWN)},
)
async def members(
    ctx: Ctx,
    who: Reader,
    name: Name,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1000, description="Customers per page, at most 1000")] = 100,
    cursor: Annotated[str | None, Query(max_length=3000, description="next_cursor of the previous page")] = None,
    bom: WithBom = False,
) -> MemberList:
    """Returns who is in the segment, by id. Who enters or leaves while you page may be missing; all others are listed
    once. With `Accept: text/csv` the answer has all customers behind the cursor.
    """
    after = None if cursor is None else read_cursor(cursor, _segment(name), stored_text)[1]
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        await require_segment(connection, who.shop, name)
        page = await list_members(connection, who.shop, name, after, CSV_PAGE if wants_csv(request) else limit)
    if wants_csv(request):
        pages = _pages(ctx, who.shop, name, page)
        answer: Response = csv_answer(("customer_id", "since"), pages, file_name=f"{name}.csv", bom=bom)
        return answer  # type: ignore[return-value]
    more = write_cursor(name, page[-1].customer_id) if len(page) == limit else None
    listed = [MemberAnswer(customer_id=customer_id, since=since) for customer_id, since in page]
    return MemberList(customers=listed, next_cursor=more, as_of=ctx.clock.now())


@router.get("/v1/customers/{customer_id}/segments", summary="List the segments of a customer")
async def memberships(ctx: Ctx, customer: _CustomerOfShop) -> MembershipList:
    """Returns the segments in which the customer is, each with the instant since when."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, customer.shop) as connection:
        state = await find_customer(connection, customer)
        if state is None:
            raise unknown_customer()
        found = await memberships_of(connection, CustomerKey(customer.shop, state.customer_id))
    listed = [MembershipAnswer(segment=name, since=since) for name, since in found]
    return MembershipList(customer_id=state.customer_id, segments=listed, as_of=now)


async def _pages(ctx: Context, shop: str, name: str, page: Sequence[Member]) -> AsyncIterator[Sequence[Member]]:
    """The pages of a CSV answer, each read in a transaction of its own: a slow reader holds none."""
    while page:
        yield page
        if len(page) < CSV_PAGE:
            return
        async with as_shop_reporting(ctx.reporting, shop) as connection:
            page = await list_members(connection, shop, name, page[-1].customer_id, CSV_PAGE)


def _segment(name: str) -> Callable[[str], str]:
    def same(text: str) -> str:
        if text != name:
            raise ValueError("a cursor of another segment")
        return text

    return same
