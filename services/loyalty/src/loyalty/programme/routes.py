"""Routes of a shop's programme: the version in force, and withdrawing one."""

from typing import Annotated

from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.programme.document import PROGRAMMES, default_document
from loyalty.programme.withdraw import withdraw_programme
from mandegar.database import as_shop, as_shop_writing
from mandegar.documents.routes import (
    WITHDRAW_ANSWERS,
    VersionNumber,
    VersionsAnswer,
    document_problems,
    versions_answer,
)
from mandegar.documents.rows import versions_from
from mandegar.documents.versions import built_in
from mandegar.web import Acting, Ctx, Principal, Router, audited, errors, require

router = Router(
    prefix="/v1/programme",
    tags=["programme"],
    responses=errors(UNKNOWN_SHOP),
)
Writer = Annotated[Principal, require("programme:write")]


@router.get("", summary="Get the programme in force, and the versions to come")
async def programme(ctx: Ctx, who: Writer) -> VersionsAnswer:
    """Each version with its document as it was sent. A shop that has stored none has the built-in programme."""
    async with as_shop(ctx.web, who.shop) as connection:
        shop = await announced_shop(connection, who.shop)
        now = ctx.clock.now()
        versions = await versions_from(connection, PROGRAMMES, who.shop, now)
    return versions_answer(versions, built_in(who.shop, default_document(shop.currency)), now)


@router.delete(
    "/versions/{version}",
    summary="Withdraw an unused version of the programme",
    status_code=204,
    responses=WITHDRAW_ANSWERS,
    openapi_extra=audited("programme.withdraw"),
)
async def withdraw(ctx: Ctx, who: Writer, act: Acting, version: VersionNumber) -> None:
    """The version before it stays in force. A version that has taken effect can be withdrawn while nobody has earned
    points under it. Its number is not used again. Withdrawing it again changes nothing.
    """
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(PROGRAMMES):
            await withdraw_programme(connection, who.shop, version, ctx.clock)
    ctx.wake_relay()
