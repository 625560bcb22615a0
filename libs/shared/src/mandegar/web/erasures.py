"""``/v1/erasures/{erasure_id}`` on every service: what was erased here of a person, and what remains."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from mandegar.database import as_shop
from mandegar.tokens import Principal
from mandegar.web.access import Router, require
from mandegar.web.dependencies import Ctx
from mandegar.web.problems import Problem, errors

router = Router(prefix="/v1/erasures", tags=["customers"])
Erasing = Annotated[Principal, require("customers:erase")]

_ROWS = """
    SELECT ids, keep_books, asked_at, applied_at, removed FROM erasures WHERE shop = $1 AND erasure_id = $2
    ORDER BY applied_at, customer_id
"""
# What no service removes of anybody.
REMAINS = (
    {
        "what": "events on topics",
        "why": "Topics are kept for ever, and name customers by pseudonyms. Events of this person have no effect, also "
        "not in a rebuild. Addresses are removed from their topic by a tombstone",
    },
    {
        "what": "ids",
        "why": "The customer's ids stay as pseudonyms, so that later events of the person can be told and dropped; "
        "lines of the audit about what staff did name them for 400 days",
    },
    {
        "what": "ids of applied events",
        "why": "They are random numbers, kept for 97 days so that no event is applied twice",
    },
)


@router.get(
    "/{erasure_id}",
    summary="Report what an erasure has removed here",
    responses=errors((404, "unknown_erasure", "no erasure of the shop with this id has been applied here")),
)
async def erasure(
    ctx: Ctx, who: Erasing, erasure_id: Annotated[UUID, Path(description="erasure_id of the request to erase")]
) -> dict[str, Any]:
    """What this service has removed of the person (`removed`), what it keeps and why (`kept`), and what remains of
    everybody (`remains`).

    An erasure is carried out for each id of the person; it is `complete` here once `applied` is equal to `ids`.
    """
    async with as_shop(ctx.web, who.shop) as connection:
        rows = await connection.fetch(_ROWS, who.shop, erasure_id)
    if not rows:
        raise Problem(
            404,
            "unknown_erasure",
            "No such erasure",
            "No erasure of the shop with this id has been applied here. One that was asked for within the last "
            "seconds may still be on its way",
        )
    told = [each for row in rows for each in row["removed"]]
    ids = max(row["ids"] for row in rows)
    return {
        "erasure_id": erasure_id,
        "service": ctx.name,
        "ids": ids,
        "applied": len(rows),
        "complete": len(rows) >= ids,
        "keep_books": rows[0]["keep_books"],
        "asked_at": rows[0]["asked_at"],
        "applied_at": rows[-1]["applied_at"],
        "removed": _sums(told, "removed"),
        "kept": _sums(told, "kept"),
        "remains": REMAINS,
        "as_of": ctx.clock.now(),
    }


def _sums(told: Iterable[Mapping[str, Any]], number: str) -> list[dict[str, Any]]:
    """The sums of rows by what they are, and by the reason of those that are kept."""
    sums: dict[tuple[str, str], int] = {}
    for each in told:
        if each[number]:
            key = each["what"], each["why"] if number == "kept" else ""
            sums[key] = sums.get(key, 0) + each[number]
    return [{"what": what, "rows": rows} | ({"why": why} if why else {}) for (what, why), rows in sorted(sums.items())]
