"""The route of a customer's acts: what each was given, by which rule, and why not more."""

from typing import Annotated

from fastapi import Query

from loyalty.account.judged_acts import judged_acts
from loyalty.account.paging import Before, read_before
from loyalty.account.root_rows import root_row
from loyalty.account.schemas import ActAnswer, ActsAnswer, JudgedAct
from loyalty.domain.acts import ActLot
from mandegar.database import as_shop
from mandegar.quantities import from_us
from mandegar.web import Ctx, CustomerRead, Router
from mandegar.web.paging import write_cursor

router = Router(prefix="/v1/customers/{customer_id}", tags=["customers"])


@router.get("/acts", summary="List the acts of a customer that rules are about, and why each earned what it did")
async def acts(
    ctx: Ctx,
    customer: CustomerRead,
    limit: Annotated[int, Query(ge=1, le=500, description="Acts per page, at most 500")] = 50,
    before: Before = None,
) -> ActsAnswer:
    """The newest first, as stored, complete up to `as_of`. Purchases are in the ledger.

    An act is listed if the programme that was in force then has rules about acts. Acts from before a rule about their
    type was stored is not known.
    """
    behind = read_before(before)
    async with as_shop(ctx.web, customer.shop) as connection:
        customer, row = await root_row(connection, customer)
        found = await judged_acts(connection, customer, row, behind, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return ActsAnswer(
        customer_id=customer.customer_id,
        acts=[_judged(lot) for lot in found[:limit]],
        next_before=None if last is None else write_cursor(from_us(last.earned_at), last.lot_id),
        as_of=row["settled_at"],
        version=row["version"],
    )


def _judged(lot: ActLot) -> JudgedAct:
    return JudgedAct(
        act=ActAnswer(type=lot.act.type, id=lot.act.id),
        at=from_us(lot.earned_at),
        rule=lot.rule.name if lot.rule else None,
        programme_version=lot.programme.version,
        points_wanted=lot.wanted,
        points=lot.given,
        reason=lot.reason or None,
        lot_id=lot.lot_id if lot.given else None,
    )
