"""Routes of a shop's segments: what they ask, how many customers they have, storing and removing them."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query, Request, Response

from churn.counts.rows import ALL, counts_of
from churn.domain.segments.conditions import compiled
from churn.memberships.built_in import built_in_documents
from churn.memberships.definition_rows import SEGMENTS, Stored, find_generation, find_segment, own_segments, sizes_of
from churn.memberships.definitions import NONE, StoredSegment, definition_of, load_definitions
from churn.memberships.document import read_segment
from churn.models.rows import load_terms
from churn.segments.estimate import SAMPLE_MAX, count_in, size_of
from churn.segments.put import put_segment, remove_segment
from churn.segments.read_rows import sample_customers
from churn.segments.schemas import Estimate, SegmentAnswer, SegmentList
from mandegar.database import Connection, as_shop, as_shop_reporting, as_shop_writing
from mandegar.documents.routes import YAML_BODY, document_problems, document_text
from mandegar.quantities import to_us
from mandegar.web import Acting, Ctx, Principal, Problem, Router, audited, errors, require
from mandegar.web.edge.allowances import COST

router = Router(prefix="/v1/segments", tags=["segments"])
Reader = Annotated[Principal, require("customers:read", "journeys:write")]
Writer = Annotated[Principal, require("journeys:write")]
SEGMENT_NAME = r"^[a-z][a-z0-9_]{0,59}$"
Name = Annotated[str, Path(pattern=SEGMENT_NAME, description="Lower-case letters, digits and underscores")]
Announce = Annotated[
    bool,
    Query(
        description="Also publish which customers this version brings into the segment or out of it: up to one event "
        "per customer"
    ),
]
UNKNOWN = (404, "unknown_segment", "the shop has no such segment")
INVALID = (422, "invalid_segment", "this segment has errors (`errors`: line and message of each)")


@router.get("", summary="List the segments of the shop")
async def segments(ctx: Ctx, who: Reader) -> SegmentList:
    """Each segment with the number of its customers, which is counted as they enter and leave. Built-in segments are
    version 0; one that the shop has stored under the same name takes the place of a built-in one.
    """
    now = ctx.clock.now()
    async with as_shop(ctx.web, who.shop) as connection:
        own = {each.name: each for each in await own_segments(connection, who.shop)}
        counted = await _counted(connection, who.shop)
    names = sorted({*own, *built_in_documents()})
    return SegmentList(segments=[_answer(name, own.get(name), counted) for name in names], as_of=now)


@router.get("/{name}", summary="Get a segment", responses=errors(UNKNOWN))
async def segment(ctx: Ctx, who: Reader, name: Name) -> SegmentAnswer:
    """The version in force, with the number of its customers."""
    async with as_shop(ctx.web, who.shop) as connection:
        own = await require_segment(connection, who.shop, name)
        counted = await _counted(connection, who.shop)
    return _answer(name, own, counted)


@router.put(
    "/{name}",
    summary="Store a segment",
    status_code=201,
    responses={
        200: {"description": "This document is in force already: nothing was stored"},
        201: {"description": "The new version"},
        **errors(INVALID, (409, "too_many", "the shop has as many segments, or names of segments, as it may")),
    },
    openapi_extra={**YAML_BODY, **audited("segment.put")},
)
async def put(
    ctx: Ctx, who: Writer, act: Acting, name: Name, request: Request, response: Response, announce: Announce = False
) -> SegmentAnswer:
    """Customers are brought under the new version in the background, within a minute or so of 100,000 of them; until
    then `complete` is false. Customers whom the new version brings in or out are not published, unless `announce` is
    set; those who enter or leave afterwards are.
    """
    document = await document_text(request, SEGMENTS)
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(SEGMENTS):
            stored, new = await put_segment(connection, who.shop, name, document, ctx.clock.now(), announced=announce)
        counted = await _counted(connection, who.shop)
    if new:
        ctx.wake_relay()
    response.status_code = 201 if new else 200
    return _answer(name, stored, counted)


@router.delete(
    "/{name}",
    summary="Remove a segment",
    status_code=204,
    responses={
        204: {"description": "The segment is removed"},
        **errors(UNKNOWN, (409, "built_in", "a built-in segment cannot be removed")),
    },
    openapi_extra=audited("segment.remove"),
)
async def remove(ctx: Ctx, who: Writer, act: Acting, name: Name) -> None:
    """Its customers leave in the background, and nothing is published about them. If a built-in segment has the same
    name, it is in force again.
    """
    async with as_shop_writing(ctx.web, act) as connection:
        with document_problems(SEGMENTS):
            await remove_segment(connection, who.shop, name, ctx.clock.now())
    ctx.wake_relay()


@router.post(
    "/estimate",
    summary="Estimate how many customers a segment would have",
    responses=errors(INVALID),
    openapi_extra={**YAML_BODY, COST: 10},
)
async def estimate(ctx: Ctx, who: Writer, request: Request) -> Estimate:
    """Looks at up to 2,000 customers, chosen by a hash, and stores nothing. In a shop of at most so many, the number is
    exact.
    """
    document, now = await document_text(request, SEGMENTS), ctx.clock.now()
    with document_problems(SEGMENTS):
        condition = compiled(read_segment(document).condition)
    async with as_shop_reporting(ctx.reporting, who.shop) as connection:
        customers = max(0, (await counts_of(connection, who.shop)).get(ALL, 0))
        sampled = await sample_customers(connection, who.shop, customers, SAMPLE_MAX)
        terms = (await load_terms(connection, {who.shop}))[who.shop]
        definitions = await load_definitions(connection, {who.shop})
    members, unknown = count_in(sampled, condition, terms, definitions.get(who.shop, NONE), to_us(now))
    size = size_of(members, unknown, len(sampled), customers)
    return Estimate(**size._asdict(), sampled=len(sampled), of=max(customers, len(sampled)), as_of=now)


async def require_segment(connection: Connection, shop: str, name: str) -> Stored | None:
    """The newest version of a segment that the shop has written or removed; None if only a built-in one has the name.

    Raises a 404 problem if no segment of the shop has the name.
    """
    own = await find_segment(connection, shop, name)
    if (own is None or own.document is None) and name not in built_in_documents():
        raise Problem(404, "unknown_segment", "The shop has no such segment")
    return own


async def _counted(connection: Connection, shop: str) -> tuple[Mapping[str, int], bool]:
    """The customers in each segment, and whether all customers were brought under the segments of the shop."""
    generation = await find_generation(connection, shop)
    return await sizes_of(connection, shop), generation is not None and generation["brought"]


def _answer(name: str, own: Stored | None, counted: tuple[Mapping[str, int], bool]) -> SegmentAnswer:
    document, version, changed_at = built_in_documents().get(name, ""), 0, None
    if own is not None and own.document is not None:
        document, version, changed_at = own.document, own.version, own.changed_at
    definition = definition_of(StoredSegment(name, version, document, 0, announced=False))
    sizes, complete = counted
    return SegmentAnswer(
        name=name,
        version=version,
        built_in=version == 0,
        description=definition.description,
        publish=definition.publish,
        customers=max(0, sizes.get(name, 0)),
        complete=complete,
        changed_at=changed_at,
        document=document,
    )
