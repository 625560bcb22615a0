"""Routes of a shop's programme: the version in force, and storing a new one."""

from typing import Annotated

from fastapi import Request, Response

from loyalty.programme.announced import announced_shop
from loyalty.programme.document import PROGRAMMES, default_document
from loyalty.programme.put import put_programme
from loyalty.programme.withdraw import withdraw_programme
from mandegar.database import as_shop, as_shop_writing
from mandegar.documents.routes import (
    PUT_ANSWERS,
    WITHDRAW_ANSWERS,
    YAML_BODY,
    EffectiveFrom,
    VersionAnswer,
    VersionNumber,
    VersionsAnswer,
    document_problems,
    document_text,
    stored_answer,
    versions_answer,
)
from mandegar.documents.rows import versions_from
from mandegar.documents.versions import built_in
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(
    prefix="/v1/programme",
    tags=["programme"],
    responses=errors((404, "unknown_shop", "the settings of the shop have not arrived yet")),
)
Writer = Annotated[Principal, require("programme:write")]


@router.get("", summary="The programme in force, and the versions to come")
async def programme(ctx: Ctx, who: Writer) -> VersionsAnswer:
    """Each version with its document as it was sent. A shop that has stored none has the built-in programme."""
    async with as_shop(ctx.web, who.shop) as connection:
        shop = await announced_shop(connection, who.shop)
        now = ctx.clock.now()
        versions = await versions_from(connection, PROGRAMMES, who.shop, now)
    return versions_answer(versions, built_in(who.shop, default_document(shop.currency)), now)


@router.put(
    "",
    summary="Store a new version of the programme",
    status_code=201,
    responses=PUT_ANSWERS,
    openapi_extra={**YAML_BODY, **audited("programme.put")},
)
async def put(
    ctx: Ctx, who: Writer, act: Acting, request: Request, response: Response, effective_from: EffectiveFrom = None
) -> VersionAnswer:
    """Orders paid from `effective_from` until the next version earn under this one; others keep their rules.

    The next version may be stored already: a version can be put before one that is to come. `effective_from` may lie
    in the past if nobody has earned points since under the version in force then. Answers 201 with the new version,
    200 if this document is in force then, and 422 with the errors of the document, each with its line.
    """
    document = await document_text(request, PROGRAMMES)
    async with as_shop_writing(ctx.web, act) as connection:
        shop = await announced_shop(connection, who.shop)
        with document_problems(PROGRAMMES):
            stored = await put_programme(connection, shop, document, effective_from, ctx.clock, key=ctx.identity_key)
    if stored.new:
        ctx.wake_relay()
    return stored_answer(stored, response)


@router.delete(
    "/versions/{version}",
    summary="Withdraw a version of the programme that is unused",
    status_code=204,
    responses=WITHDRAW_ANSWERS,
    openapi_extra=audited("programme.withdraw"),
)
async def withdraw(ctx: Ctx, who: Writer, act: Acting, version: VersionNumber) -> None:
    """The version before it rules on. A version that has taken effect can be withdrawn while nobody has earned points
    under it. Its number is not used again. Withdrawing it again changes nothing.
    """
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(PROGRAMMES):
            await withdraw_programme(connection, who.shop, version, ctx.clock)
    ctx.wake_relay()
