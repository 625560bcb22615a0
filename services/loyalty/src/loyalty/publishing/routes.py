"""Routes that put a programme in force: at once, or after it ran in the shadow of the live one."""

from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.put import put_programme
from loyalty.publishing.guard import look_at_guards
from loyalty.publishing.schemas import ShadowAnswer
from loyalty.publishing.shadow import begin_shadow, shadow_answer, standing_shadow
from loyalty.publishing.shadow_rows import cancel_open, delete_shadow, record_promotion
from mandegar.database import as_shop, as_shop_writing
from mandegar.documents.routes import (
    PUT_ANSWERS,
    YAML_BODY,
    EffectiveFrom,
    VersionAnswer,
    document_problems,
    document_text,
    stored_answer,
)
from mandegar.months import Calendar
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(
    prefix="/v1/programme",
    tags=["programme"],
    responses=errors(UNKNOWN_SHOP),
)
Writer = Annotated[Principal, require("programme:write")]
GUARDED = errors(
    (409, "guards_pending", "what its `guards` say is being computed (`replay_id`): send it again after `Retry-After`"),
    (409, "guard_broken", "a guard that it states would be broken (`guards`: limit and what was found; `replay_id`)"),
    (409, "too_many_replays", "the guards of several other documents are being looked at"),
)
_NO_SHADOW = errors((404, "unknown_shadow", "no programme runs in the shadow of the live one"))


@router.put(
    "",
    summary="Store a new version of the programme",
    status_code=201,
    responses={**PUT_ANSWERS, **GUARDED},
    openapi_extra={**YAML_BODY, **audited("programme.put")},
)
async def put(
    ctx: Ctx, who: Writer, act: Acting, request: Request, response: Response, effective_from: EffectiveFrom = None
) -> VersionAnswer:
    """Orders paid from `effective_from` until the next version earn under this one; others keep their rules.

    The next version may be stored already: a version can be put before one that is to come. `effective_from` may lie
    in the past if nobody has earned points since under the version in force then. Answers 201 with the new version,
    200 if this document is in force then, and 422 with the errors of the document, each with its line.

    A document with `guards` is stored once a replay has told that they hold over the last 90 days: 409 `guards_pending`
    until then; repeat the request to get the verdict. A verdict that they hold is good for a day.
    """
    return await _publish(ctx, who.shop, act, await document_text(request, PROGRAMMES), effective_from, response)


@router.put(
    "/shadow",
    summary="Run a programme in the shadow of the live one",
    status_code=201,
    responses={
        200: {"description": "This document runs already"},
        **errors((422, "invalid_programme", "this programme has errors (`errors`: line and message of each)")),
    },
    openapi_extra={**YAML_BODY, **audited("shadow.put")},
)
async def put_shadow(
    ctx: Ctx,
    who: Writer,
    act: Acting,
    request: Request,
    response: Response,
    every_hours: Annotated[int, Query(ge=1, le=168, description="How often the comparison is computed anew")] = 24,
) -> ShadowAnswer:
    """From now on, the live events are also counted under this document, beside what is in force, and nothing is given
    to anybody. `GET` tells how the two differ so far. It takes the place of another one.
    """
    document = await document_text(request, PROGRAMMES)
    async with as_shop_writing(ctx.web, act) as connection:
        shop = await announced_shop(connection, who.shop)
        with document_problems(PROGRAMMES):
            is_new = await begin_shadow(connection, shop, document, every_hours, ctx.clock.now(), key=ctx.identity_key)
        answer = await shadow_answer(connection, who.shop, ctx.clock.now(), "gregorian", names=False)
    response.status_code = 201 if is_new else 200
    return answer


@router.get("/shadow", summary="Get how the programme in the shadow differs so far", responses=_NO_SHADOW)
async def get_shadow(
    ctx: Ctx,
    who: Writer,
    calendar: Annotated[Calendar, Query(description="The calendar of the months in the answer")] = "gregorian",
) -> ShadowAnswer:
    """The latest result, as of `result.as_of`. `replay_id` is that of a replay, which has a page as well. The ids of
    customers are told to tokens that may also read customers.
    """
    async with as_shop(ctx.web, who.shop) as connection:
        names = "customers:read" in who.scopes
        return await shadow_answer(connection, who.shop, ctx.clock.now(), calendar, names=names)


@router.delete(
    "/shadow",
    summary="End the programme in the shadow",
    status_code=204,
    openapi_extra=audited("shadow.end"),
)
async def end_shadow(ctx: Ctx, who: Writer, act: Acting) -> None:
    """Ending it again changes nothing."""
    async with as_shop_writing(ctx.web, act) as connection:
        await cancel_open(connection, who.shop, ctx.clock.now())
        await delete_shadow(connection, who.shop)


@router.post(
    "/shadow/promote",
    summary="Put the programme in the shadow in force",
    status_code=201,
    responses={**PUT_ANSWERS, **GUARDED, **_NO_SHADOW},
    openapi_extra=audited("shadow.promote"),
)
async def promote(
    ctx: Ctx, who: Writer, act: Acting, response: Response, effective_from: EffectiveFrom = None
) -> VersionAnswer:
    """As `PUT /v1/programme` with its document: from `effective_from` on it is the live one. Its shadow ends. Promoting
    it again answers the same version.
    """
    async with as_shop(ctx.web, who.shop) as connection:
        document = (await standing_shadow(connection, who.shop)).document
    return await _publish(ctx, who.shop, act, document, effective_from, response)


async def _publish(
    ctx: Ctx, shop_name: str, act: Acting, document: str, effective_from: datetime | None, response: Response
) -> VersionAnswer:
    """Store a document whose guards hold. A shadow with the same document has served its purpose."""
    with document_problems(PROGRAMMES):
        await look_at_guards(ctx, shop_name, document, effective_from)
        async with as_shop_writing(ctx.web, act) as connection:
            shop = await announced_shop(connection, shop_name)
            stored = await put_programme(connection, shop, document, effective_from, ctx.clock, key=ctx.identity_key)
            await record_promotion(connection, shop_name, document, stored.version.version)
    if stored.new:
        ctx.wake_relay()
    return stored_answer(stored, response)
