"""Routes of draws: hold one, and look at it."""

from typing import Annotated

from fastapi import Path, Query, Response

from loyalty.domain.draws import entrant_of, hash_of
from loyalty.domain.timed_draws import timed_draws
from loyalty.draws.hold import hold_draw
from loyalty.draws.not_held import not_held
from loyalty.draws.rows import DrawRow, latest_draws, load_draw
from loyalty.draws.schemas import ComingDraw, DrawAnswer, DrawsAnswer, HeldDraw, HoldRequest
from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.programme.draw_dues import crowded_draws, draws_held
from loyalty.programme.rows import rules_of
from mandegar.database import as_shop, as_shop_reporting
from mandegar.database.transaction import transaction_of
from mandegar.quantities import from_us, to_us
from mandegar.web import Acting, Ctx, Principal, Problem, Router, audited, errors, require
from mandegar.web.customers import stored_key

router = Router(prefix="/v1/draws", tags=["programme"])
Writer = Annotated[Principal, require("programme:write")]
Reader = Annotated[Principal, require("customers:read")]
HELD_MAX = 100


@router.post(
    "",
    summary="Hold a draw of the programme",
    status_code=201,
    responses={
        200: {"model": DrawAnswer, "description": "It was held before, with this seed"},
        **errors(
            UNKNOWN_SHOP,
            (404, "unknown_draw", "the programme in force has no such draw"),
            (409, "holds_itself", "it is held by itself, because the programme has its seed"),
            (409, "draw_not_over", "it can still be entered (`until`)"),
            (409, "wrong_seed", "the SHA-256 of the seed is not `seed_hash` of the programme"),
            (409, "too_many_entrants", "more customers entered than a draw can have"),
        ),
    },
    openapi_extra=audited("draw.hold"),
)
async def hold(ctx: Ctx, who: Writer, act: Acting, wanted: HoldRequest, response: Response) -> DrawAnswer:
    """The winners follow from the seed and the list of entrants, and get their points at once. A draw is held once."""
    async with transaction_of(act, ctx.worker) as connection:
        await announced_shop(connection, who.shop)
        row, is_new = await hold_draw(
            connection,
            who.shop,
            wanted.draw,
            wanted.seed,
            ctx.clock.now(),
            key=ctx.identity_key,
            partitions=ctx.settings.partitions,
        )
    if is_new:
        ctx.wake_relay()
    else:
        response.status_code = 200
    return _answer(row, None)


@router.get(
    "",
    summary="List the draws that were held, that will be held automatically, and that are due and were not held",
    responses=errors(UNKNOWN_SHOP),
)
async def draws(ctx: Ctx, who: Reader) -> DrawsAnswer:
    """A draw to come has the hash of its seed, so that nobody can choose the seed afterwards: keep it."""
    now = to_us(ctx.clock.now())
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        await announced_shop(connection, who.shop)
        rules = await rules_of(connection, who.shop)
        held = await latest_draws(connection, who.shop, HELD_MAX)
        names = await draws_held(connection, who.shop)
        timed = timed_draws(*rules, now)
        late = not_held(timed, names, await crowded_draws(connection, who.shop), now)
    coming: dict[str, ComingDraw] = {}
    for one in timed:
        if one.at > now and one.name not in names and one.rule.name not in coming:
            coming[one.rule.name] = ComingDraw(
                draw=one.name,
                winners=one.winners,
                points=one.rule.points,
                begins_at=from_us(one.begin),
                ends_at=from_us(one.end),
                held_at=from_us(one.at),
                seed_hash=hash_of(one.seed),
            )
    told = [HeldDraw(draw=name, held_at=at) for name, at in held]
    return DrawsAnswer(coming=[*coming.values()], not_held=late, held=told)


@router.get(
    "/{draw}",
    summary="Get a draw that was held, with all that is needed to check it",
    responses=errors((404, "unknown_draw", "no draw of this name was held")),
)
async def draw(
    ctx: Ctx,
    who: Reader,
    draw: Annotated[
        str, Path(max_length=80, description="The name of the draw; of one for each period followed by `:2026-11`")
    ],
    customer: Annotated[
        str | None, Query(max_length=200, description="The customer whose pseudonym the answer has")
    ] = None,
) -> DrawAnswer:
    """The order of the winners is that of their prizes. With `customer` the answer has the pseudonym of that one."""
    async with as_shop(ctx.web, who.shop) as connection:
        row = await load_draw(connection, who.shop, draw)
    if row is None:
        raise Problem(404, "unknown_draw", "No draw of this name was held")
    if customer is None:
        return _answer(row, None)
    key = await stored_key(ctx, who.shop, customer)
    return _answer(row, entrant_of(who.shop, draw, key.customer_id, ctx.identity_key))


def _answer(row: DrawRow, entrant: str | None) -> DrawAnswer:
    return DrawAnswer(**row._asdict(), entrant=entrant)
