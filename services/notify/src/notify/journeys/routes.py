"""Routes of a shop's journeys: the versions in force and to come, and storing a new one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Request, Response

from mandegar.database import as_shop, as_shop_writing
from mandegar.documents.routes import (
    PUT_ANSWERS,
    WITHDRAW_ANSWERS,
    YAML_BODY,
    EffectiveFrom,
    VersionAnswer,
    VersionNumber,
    document_problems,
    document_text,
    stored_answer,
    version_answer,
)
from mandegar.documents.rows import Version, versions_between, versions_from
from mandegar.documents.versions import in_force
from mandegar.web import Acting, Ctx, Principal, Problem, Router, audited, errors, require
from notify.journeys.built_in import built_in_versions
from notify.journeys.document import JOURNEYS
from notify.journeys.put import put_journey
from notify.journeys.schemas import Journeys, JourneyVersions
from notify.journeys.withdraw import withdraw_journey

router = Router(prefix="/v1/journeys", tags=["journeys"])
Writer = Annotated[Principal, require("journeys:write")]
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,59}$", description="Lower-case letters, digits and underscores")]


@router.get("", summary="List the journeys of the shop")
async def journeys(ctx: Ctx, who: Writer) -> Journeys:
    """Each journey with the version in force and those to come. Built-in journeys are version 0."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, who.shop) as connection:
        stored = await versions_between(connection, JOURNEYS, [who.shop], now, None)
    versions = {name: [version] for name, version in built_in_versions().items()}
    for version in stored:
        versions.setdefault(version.name, []).append(version)
    return Journeys(journeys=[_answer(name, versions[name], now) for name in sorted(versions)])


@router.get(
    "/{name}", summary="Get a journey", responses=errors((404, "unknown_journey", "the shop has no such journey"))
)
async def journey(ctx: Ctx, who: Writer, name: Name) -> JourneyVersions:
    """The version in force and those to come, each with its document as it was sent."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, who.shop) as connection:
        stored = await versions_from(connection, JOURNEYS, who.shop, now, name)
    built_in = built_in_versions().get(name)
    if built_in is None and not stored:
        raise Problem(404, "unknown_journey", "No such journey")
    return _answer(name, [*([built_in] if built_in else []), *stored], now)


@router.put(
    "/{name}",
    summary="Store a new version of a journey",
    status_code=201,
    responses=PUT_ANSWERS,
    openapi_extra={**YAML_BODY, **audited("journey.put")},
)
async def put(
    ctx: Ctx,
    who: Writer,
    act: Acting,
    name: Name,
    request: Request,
    response: Response,
    effective_from: EffectiveFrom = None,
) -> VersionAnswer:
    """Events recorded from `effective_from` until the next version start messages under this one; messages that were
    started earlier keep the version they were started under. A document with `enabled: false` starts none.

    A version can be put before one that is to come. Answers 201 with the new version, 200 if this document is in force
    then already, and 422 with the errors of the document, each with its line.
    """
    document = await document_text(request, JOURNEYS)
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(JOURNEYS):
            stored = await put_journey(connection, who.shop, name, document, effective_from, ctx.clock)
    if stored.new:
        ctx.wake_relay()
    return stored_answer(stored, response)


@router.delete(
    "/{name}/versions/{version}",
    summary="Withdraw a version of a journey that is to come",
    status_code=204,
    responses=WITHDRAW_ANSWERS,
    openapi_extra=audited("journey.withdraw"),
)
async def withdraw(ctx: Ctx, who: Writer, act: Acting, name: Name, version: VersionNumber) -> None:
    """The version never takes effect, and another one may be stored for any later instant. Its number is not used
    again. Withdrawing it again changes nothing.
    """
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(JOURNEYS):
            await withdraw_journey(connection, who.shop, name, version, ctx.clock)
    ctx.wake_relay()


def _answer(name: str, versions: Sequence[Version], now: datetime) -> JourneyVersions:
    """``versions`` ascend by ``effective_from``."""
    present = in_force(versions, now)
    return JourneyVersions(
        name=name,
        in_force=version_answer(present) if present else None,
        coming=[version_answer(version) for version in versions if version.effective_from > now],
    )
