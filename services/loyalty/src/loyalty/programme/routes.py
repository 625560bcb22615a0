"""The programme of a shop: what is in force, and putting a new version behind it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from loyalty.account.events import programme_event
from loyalty.programme.document import UnreadableProgramme, default_document, parse_programme
from loyalty.programme.rows import claim_programmes, has_orders, insert_programme, programme_rows
from loyalty.schemas import ProgrammeAnswer, ProgrammesAnswer
from mandegar.database import Connection, Row, as_shop
from mandegar.events.effects import ProgrammeChanged
from mandegar.outbox import write_outbox
from mandegar.shops import Shop, load_shops
from mandegar.web import Ctx, Principal, Problem, require

router = APIRouter(prefix="/v1/programme", tags=["programme"])
BODY_BYTES_MAX = 256 * 1024
_Writer = Annotated[Principal, Depends(require("programme:write"))]
_BODY = {"requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}}


@router.get("", summary="The programme in force, and those that will follow")
async def programme(ctx: Ctx, who: _Writer) -> ProgrammesAnswer:
    """The documents as they were written."""
    now = ctx.clock.now()
    async with as_shop(ctx.web, who.shop) as connection:
        shop = await _shop(connection, who.shop)
        rows = await programme_rows(connection, who.shop)
    begun = [_answer(row) for row in rows if row["effective_from"] <= now]
    built_in = ProgrammeAnswer(version=0, effective_from=None, document=default_document(shop.currency))
    return ProgrammesAnswer(
        in_force=begun[0] if begun else built_in,
        coming=[_answer(row) for row in reversed(rows) if row["effective_from"] > now],
    )


@router.put("", summary="A new version of the programme", status_code=201, openapi_extra=_BODY)
async def put_programme(
    ctx: Ctx,
    who: _Writer,
    request: Request,
    response: Response,
    effective_from: Annotated[datetime | None, Query(description="From when it rules; now, if not said")] = None,
) -> ProgrammeAnswer:
    """Orders paid from ``effective_from`` on earn by it, earlier ones keep the rules they were paid under.

    201 with the new version; 200 with the newest one if that is the same; 422 with the errors by line.
    """
    text = await _body(request)
    if effective_from is not None and effective_from.tzinfo is None:
        raise Problem(422, "invalid", "effective_from needs a zone, such as a Z at its end")
    async with as_shop(ctx.web, who.shop, readonly=False) as connection:
        shop = await _shop(connection, who.shop)
        _check(text, shop)
        await claim_programmes(connection, who.shop)
        now = ctx.clock.now()
        begins = effective_from or now
        rows = await programme_rows(connection, who.shop)
        if rows and rows[0]["document"] == text and effective_from in {None, rows[0]["effective_from"]}:
            response.status_code = 200
            return _answer(rows[0])
        if begins < now and await has_orders(connection, who.shop):
            raise Problem(422, "too_late", "A programme cannot begin in the past of a shop that has orders")
        if rows and begins <= rows[0]["effective_from"]:
            raise Problem(
                422, "too_early", "A programme must begin after the one before it", after=rows[0]["effective_from"]
            )
        version = max((row["version"] for row in rows), default=0) + 1
        await insert_programme(connection, who.shop, version=version, effective_from=begins, document=text, now=now)
        said = ProgrammeChanged(version=version, effective_from=begins, document=text)
        await write_outbox(connection, [programme_event(who.shop, said, now)])
    ctx.wake_relay()
    return ProgrammeAnswer(version=version, effective_from=begins, document=text)


async def _shop(connection: Connection, name: str) -> Shop:
    shop = (await load_shops(connection, [name])).get(name)
    if shop is None:
        raise Problem(404, "unknown_shop", "This shop has not been announced yet")
    return shop


async def _body(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise Problem(413, "too_large", f"A programme has at most {BODY_BYTES_MAX} bytes")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Problem(422, "invalid_programme", "The programme is not UTF-8") from error
    if "\0" in text:
        raise Problem(422, "invalid_programme", "The programme holds a NUL character")
    return text


def _check(text: str, shop: Shop) -> None:
    try:
        parse_programme(text, version=1, effective_from=0, currency=shop.currency)
    except UnreadableProgramme as error:
        errors: list[dict[str, Any]] = [wrong._asdict() for wrong in error.errors]
        raise Problem(422, "invalid_programme", "This is no programme", errors=errors) from error


def _answer(row: Row) -> ProgrammeAnswer:
    return ProgrammeAnswer(version=row["version"], effective_from=row["effective_from"], document=row["document"])
