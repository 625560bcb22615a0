"""The route that says what will happen to a customer's points."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from fastapi import Query, Response
from pydantic import AwareDatetime

from loyalty.account.prospect import load_prospect
from loyalty.account.root_rows import root_row
from loyalty.domain.projection import CHANGES_MAX, DAYS_MAX
from loyalty.projection.project import follow
from loyalty.projection.rules import CONDITION_MAX, InvalidCondition, condition_of
from loyalty.projection.schemas import ProjectionAnswer, projection_fields
from mandegar.database import as_shop
from mandegar.events.identity import opaque_word
from mandegar.quantities import to_us
from mandegar.web import Ctx, CustomerRead, Problem, Router, errors
from mandegar.web.edge.allowances import COST
from mandegar.web.json_answer import json_answer
from mandegar.web.paging import in_utc

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])
# An account is settled up to a hundred times for an answer.
PROJECTION_COST = 10
Until = Annotated[
    AwareDatetime | None,
    Query(description=f"The end of the list, with a time zone; at most {DAYS_MAX} days from now, which is the default"),
]
If = Annotated[
    str | None,
    Query(
        alias="if",
        max_length=CONDITION_MAX,
        description="Suppose that an order is paid now: `purchase:2500000`, an amount in the currency of the shop; "
        "with `,category:shoes`, `,product:p-7`, `,channel:app` and `,branch:vanak` also of what, and where",
    ),
]


@router.read(
    "/projection",
    ProjectionAnswer,
    summary="Get what will happen to a customer's points if no event comes",
    responses=errors(
        (409, "account_too_large", "the account is so large that its future cannot be computed at present"),
        (422, "invalid_condition", "`if` supposes nothing that can be computed"),
        (422, "invalid_until", "`until` is not later than now"),
    ),
    openapi_extra={COST: PROJECTION_COST},
)
async def projection(ctx: Ctx, customer: CustomerRead, until: Until = None, supposed: If = None) -> Response:
    """Whatever is due without a further event, dated and in order: points that become usable or expire, warnings, tiers
    that end, programme versions that begin. The same code computes it when it is due.

    With `if`, the answer is that after an order which is paid now: the points it earns, the tier it reaches, and what
    changes later on. Nothing is written.
    """
    purchase = None
    if supposed is not None:
        try:
            purchase = condition_of(supposed, partial(opaque_word, shop=customer.shop, key=ctx.identity_key))
        except InvalidCondition as error:
            raise Problem(422, "invalid_condition", f"`if` {error}") from None
    now = ctx.clock.now()
    furthest = now + timedelta(days=DAYS_MAX)
    try:
        end = furthest if until is None else min(in_utc(until), furthest)
    except ValueError as error:
        raise Problem(422, "invalid_until", f"`until` {error}") from None
    if end <= now:
        raise Problem(422, "invalid_until", "`until` must be later than now")
    async with as_shop(ctx.web, customer.shop) as connection:
        key, row = await root_row(connection, customer)
        begin = max(to_us(now), to_us(row["settled_at"]))
        prospect = await load_prospect(connection, key, begin, to_us(end), supposes=purchase is not None)
    untouched = await follow(prospect, begin, to_us(end), CHANGES_MAX)
    course = untouched if purchase is None else await follow(prospect, begin, to_us(end), CHANGES_MAX, purchase)
    return json_answer(projection_fields(key.customer_id, row["version"], begin, untouched, course))
