"""The route that says what an order would give."""

from datetime import datetime
from typing import Annotated

from loyalty.account.root_rows import root_row
from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.programme.document import PROGRAMMES, forms_of, parse_programme
from loyalty.programme.put import read_new
from loyalty.programme.rows import Rules, rules_of
from loyalty.simulation.schemas import SimulationAnswer, SimulationRequest, simulation_fields
from loyalty.simulation.simulate import NOBODY, nobodys, payment, prospect_of, simulate, with_document
from mandegar.database import ReadConnection, as_shop
from mandegar.documents.routes import document_problems
from mandegar.events import CustomerKey
from mandegar.quantities import to_us
from mandegar.shops import Shop
from mandegar.web import Ctx, Principal, Problem, Router, errors, require
from mandegar.web.customers import unknown_customer
from mandegar.web.edge.allowances import COST
from mandegar.web.paging import in_utc

router = Router(prefix="/v1/programme", tags=["programme"])
Reader = Annotated[Principal, require("programme:write")]


@router.post(
    "/simulate",
    summary="Get what an order would give",
    responses=errors(
        UNKNOWN_SHOP,
        (404, "unknown_customer", "loyalty knows nothing of this customer"),
        (409, "account_too_large", "the account is so large that it cannot be computed under other rules"),
        (422, "invalid_programme", "the document has errors (`errors`: line and message of each)"),
        (422, "wrong_currency", "the shop has another currency"),
    ),
    openapi_extra={COST: 2},
)
async def simulate_order(ctx: Ctx, who: Reader, body: SimulationRequest) -> SimulationAnswer:
    """Nothing is written. The order is applied to a copy of the account by the functions that apply it once it is paid,
    so it will give what the answer says, if nothing else happens until then.
    """
    now = ctx.clock.now()
    at = now if body.at is None else in_utc(body.at)
    async with as_shop(ctx.web, who.shop) as connection:
        shop = await announced_shop(connection, who.shop)
        if body.order.currency not in (None, shop.currency):
            raise Problem(422, "wrong_currency", f"The currency of this shop is {shop.currency}")
        others = None
        if body.document is not None:
            others = await _others(connection, body.document, shop, at, now, ctx.identity_key)
        if body.customer_id is None:
            rules = others or await rules_of(connection, who.shop)
            key, prospect = None, nobodys(who.shop, rules, to_us(at))
            begin = to_us(now)
        else:
            key, row = await root_row(connection, await _customer(ctx, who, body.customer_id))
            begin = max(to_us(now), to_us(row["settled_at"]))
            prospect = await prospect_of(connection, key, begin, max(begin, to_us(at)), others)
    order = body.order.snapshot(shop, at, ctx.identity_key)
    event = payment(NOBODY if key is None else key.customer_id, at, shop, order)
    found = simulate(prospect, event, begin)
    return SimulationAnswer(
        **simulation_fields(found, key and key.customer_id, to_us(at), is_stored=body.document is None)
    )


async def _customer(ctx: Ctx, who: Principal, customer_id: str) -> CustomerKey:
    try:
        return CustomerKey(who.shop, await ctx.id_forms.stored_id(who.shop, customer_id))
    except ValueError:
        raise unknown_customer() from None


async def _others(
    connection: ReadConnection, document: str, shop: Shop, at: datetime, now: datetime, key: bytes
) -> Rules:
    """The rules of the shop until the payment, and the document from then on."""
    rules = await rules_of(connection, shop.shop)
    with document_problems(PROGRAMMES):
        words = read_new(shop, document, at, now, key=key).words
        programme = parse_programme(
            document,
            version=rules.programmes[-1].version + 1,
            effective_from=to_us(at),
            currency=shop.currency,
            forms=forms_of(words, document),
        )
    return with_document(rules, programme)
