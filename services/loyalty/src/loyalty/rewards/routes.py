"""Routes of the catalogue of rewards: the version in force, storing a new one, and withdrawing one to come."""

from typing import Annotated

from fastapi import Request, Response

from loyalty.programme.announced import UNKNOWN_SHOP, announced_shop
from loyalty.rewards.document import CATALOGUES, empty_catalogue
from loyalty.rewards.put import put_catalogue, withdraw_catalogue
from loyalty.rewards.schemas import CatalogueAnswer, Warned
from mandegar.database import as_shop, as_shop_writing
from mandegar.documents.routes import (
    PUT_ANSWERS,
    WITHDRAW_ANSWERS,
    YAML_BODY,
    EffectiveFrom,
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
    prefix="/v1/rewards",
    tags=["rewards"],
    responses=errors(UNKNOWN_SHOP),
)
Writer = Annotated[Principal, require("programme:write")]


@router.get("", summary="Get the catalogue of rewards in force, and the versions to come")
async def catalogue(ctx: Ctx, who: Writer) -> VersionsAnswer:
    """Each version with its document as it was sent. A shop that has stored none has a catalogue without rewards."""
    async with as_shop(ctx.web, who.shop) as connection:
        shop = await announced_shop(connection, who.shop)
        now = ctx.clock.now()
        versions = await versions_from(connection, CATALOGUES, who.shop, now)
    return versions_answer(versions, built_in(who.shop, empty_catalogue(shop.currency)), now)


@router.put(
    "",
    summary="Store a new version of the catalogue of rewards",
    status_code=201,
    responses=PUT_ANSWERS,
    openapi_extra={**YAML_BODY, **audited("rewards.put")},
)
async def put(
    ctx: Ctx, who: Writer, act: Acting, request: Request, response: Response, effective_from: EffectiveFrom = None
) -> CatalogueAnswer:
    """From `effective_from` until the next version, customers choose from this one.

    What was reserved under another version stays as it was. Answers 201 with the new version, 200 if this document is
    in force then, and 422 with the errors of the document, each with its line. `warnings` name what is valid and surely
    a mistake, such as a window that is over.
    """
    document = await document_text(request, CATALOGUES)
    async with as_shop_writing(ctx.web, act) as connection:
        shop = await announced_shop(connection, who.shop)
        with document_problems(CATALOGUES):
            stored, warnings = await put_catalogue(connection, shop, document, effective_from, ctx.clock)
    if stored.new:
        ctx.wake_relay()
    version = stored_answer(stored, response)
    return CatalogueAnswer(**version.model_dump(), warnings=[Warned(**warning._asdict()) for warning in warnings])


@router.delete(
    "/versions/{version}",
    summary="Withdraw a version of the catalogue that is to come",
    status_code=204,
    responses=WITHDRAW_ANSWERS,
    openapi_extra=audited("rewards.withdraw"),
)
async def withdraw(ctx: Ctx, who: Writer, act: Acting, version: VersionNumber) -> None:
    """The version before it stays in force. Replace one that has taken effect by storing another. Its number is not
    used again. Withdrawing it again changes nothing.
    """
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(CATALOGUES):
            await withdraw_catalogue(connection, who.shop, version, ctx.clock)
    ctx.wake_relay()
