"""The cards of several customers in one request, for lists in a front end."""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field

from churn.card.read_rows import read_cards
from churn.card.schemas import CardBatch, card_fields
from mandegar.tokens import Principal
from mandegar.web import Ctx, Router, require
from mandegar.web.customers import ID_MAX
from mandegar.web.edge.allowances import COST_PER
from mandegar.web.json_answer import json_answer
from mandegar.web.language import AcceptLanguage, Lang, language_of

router = Router()

IDS_MAX = 100
# Between so many cards, other requests get their turn: a batch of 100 would keep them waiting for ten milliseconds.
_CARDS_A_TURN = 10


@router.get(
    "/v1/customers:batch",
    summary="Get the customer cards of several customers",
    response_model=CardBatch,
    openapi_extra={COST_PER: "id"},
)
async def batch(
    ctx: Ctx,
    who: Annotated[Principal, require("customers:read")],
    id: Annotated[  # noqa: A002  the name of the parameter
        list[Annotated[str, Field(max_length=ID_MAX)]],
        Query(
            min_length=1,
            max_length=IDS_MAX,
            description=f"A customer, by any id that the card takes. Repeat the parameter, at most {IDS_MAX} times",
        ),
    ],
    lang: Lang = None,
    accept_language: AcceptLanguage = "",
) -> Response:
    """Returns the card of each customer, in the order of the request; an id that is repeated is answered once.

    A customer who is asked for by two ids is answered for each. Each id counts as one request of the token's limit.
    """
    language = language_of(lang, accept_language)
    keys = {each: await _stored_id(ctx, who, each) for each in id}
    stored = [*dict.fromkeys(key for key in keys.values() if key is not None)]
    found, as_of = await read_cards(ctx, who.shop, stored)
    cards: dict[str | None, dict[str, Any]] = {}
    for number, (key, read) in enumerate(zip(stored, found, strict=True)):
        if number % _CARDS_A_TURN == _CARDS_A_TURN - 1:
            await asyncio.sleep(0)
        if fields := card_fields(who.shop, read, as_of, language):
            cards[key] = fields
    return json_answer(
        {
            "customers": [{**cards[key], "id": each} for each, key in keys.items() if key in cards],
            "unknown": [each for each, key in keys.items() if key not in cards],
            "as_of": as_of,
        }
    )


async def _stored_id(ctx: Ctx, who: Principal, customer_id: str) -> str | None:
    """The id under which the customer is stored, None for what is no id."""
    try:
        return await ctx.id_forms.stored_id(who.shop, customer_id)
    except ValueError:
        return None
